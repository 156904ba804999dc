#include "server/history_batch.h"

#include <optional>
#include <utility>

#include "amqp/properties.h"
#include "base/bytes.h"
#include "client/cloud_message.h"

namespace bb::server {
namespace {

using correlation::SeenEvent;

// CloudEvents in binary mode.
std::optional<SeenEvent> read_headers(correlation::EventReader& reader, std::string_view properties,
                                      std::string_view body) {
  if (properties.find("cloudEvents") == std::string_view::npos) return std::nullopt;
  const auto decoded = amqp::decode_properties(as_bytes(properties));
  if (!decoded) return std::nullopt;
  const auto envelope = client::envelope_of_binary(*decoded, body);
  return envelope ? reader.read(*envelope) : std::nullopt;
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
    // First, because a payload alone may look like an event of the legacy shape.
    auto event = read_headers(reader, properties, body);
    if (!event) event = reader.read(body);
    if (!event) continue;
    contents.places.push_back({event->id, message.offset});
    if (event->parents.empty()) continue;
    contents.links.emplace_back(event->id, std::move(event->parents),
                                Timestamp(std::chrono::milliseconds(message.published_ms)));
  }
  return contents;
}

}  // namespace bb::server
