#include "server/history_batch.h"

#include <optional>
#include <utility>

#include "amqp/properties.h"
#include "base/bytes.h"
#include "bloodbank/envelope.h"
#include "client/cloud_message.h"
#include "server/envelope_glance.h"

namespace bb::server {
namespace {

using correlation::SeenEvent;

// The envelope of a CloudEvent in binary mode.
std::optional<std::string> read_headers(std::string_view properties, std::string_view body) {
  if (properties.find("cloudEvents") == std::string_view::npos) return std::nullopt;
  const auto decoded = amqp::decode_properties(as_bytes(properties));
  if (!decoded) return std::nullopt;
  return client::envelope_of_binary(*decoded, body);
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
  EnvelopeGlance glance;
  for (const Entry& message : messages_) {
    const std::string_view properties = rest.substr(0, message.properties_bytes);
    const std::string_view body = rest.substr(message.properties_bytes, message.body_bytes);
    rest.remove_prefix(message.properties_bytes + message.body_bytes);
    // First, because a payload alone may look like an event of the legacy shape.
    const auto binary = read_headers(properties, body);
    const std::string_view text = binary ? std::string_view(*binary) : body;
    auto event = reader.read(text);
    if (!event) continue;
    // What has an id and is no event must not stand in for the event that has it.
    if (glance.read(text) || parse_any_envelope(text)) {
      contents.places.push_back({event->id, message.offset});
    }
    if (event->parents.empty()) continue;
    contents.links.emplace_back(event->id, std::move(event->parents),
                                Timestamp(std::chrono::milliseconds(message.published_ms)));
  }
  return contents;
}

}  // namespace bb::server
