#include "server/history_batch.h"

#include <optional>
#include <utility>

#include "amqp/field_table.h"
#include "amqp/properties.h"
#include "base/bytes.h"

namespace bb::server {
namespace {

using correlation::SeenEvent;

// CloudEvents in binary mode: attributes are application properties, which AMQP 0-9-1 calls
// headers.
std::optional<SeenEvent> read_headers(std::string_view properties) {
  const auto decoded = amqp::decode_properties(as_bytes(properties));
  if (!decoded || !decoded->headers) return std::nullopt;
  const auto headers = amqp::decode_table(*decoded->headers);
  if (!headers) return std::nullopt;
  const auto text = [&](std::string_view name) -> std::string_view {
    for (const char separator : {':', '_'}) {
      const auto* const value =
          headers->find(std::string("cloudEvents") + separator + std::string(name));
      if (value != nullptr && value->as_string() != nullptr) return *value->as_string();
    }
    return {};
  };
  const auto id = Uuid::parse(text("id"));
  if (!id) return std::nullopt;
  SeenEvent event{*id, correlation::read_id_list(text("causationids"))};
  if (event.parents.empty()) event.parents = correlation::read_id_list(text("causationid"));
  return event;
}

}  // namespace

void HistoryBatch::add(std::uint64_t offset, std::int64_t published_ms, std::string_view properties,
                       std::string_view body) {
  messages_.push_back({offset, published_ms, properties.size(), body.size()});
  text_ += properties;
  text_ += body;
}

HistoryBatch::Contents HistoryBatch::read(correlation::EventReader& reader) const {
  Contents contents;
  contents.places.reserve(messages_.size());
  std::string_view rest = text_;
  for (const Entry& message : messages_) {
    const std::string_view properties = rest.substr(0, message.properties_bytes);
    const std::string_view body = rest.substr(message.properties_bytes, message.body_bytes);
    rest.remove_prefix(message.properties_bytes + message.body_bytes);
    auto event = reader.read(body);
    if (!event) event = read_headers(properties);
    if (!event) continue;
    contents.places.push_back({event->id, message.offset});
    if (event->parents.empty()) continue;
    contents.links.emplace_back(event->id, std::move(event->parents),
                                Timestamp(std::chrono::milliseconds(message.published_ms)));
  }
  return contents;
}

}  // namespace bb::server
