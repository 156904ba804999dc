#include "bloodbank/envelope.h"
#include "event/json_string.h"
#include "event/source.h"
#include "event/unknown_fields.h"

namespace bb {
namespace {

// More than all the names, ids and punctuation of an envelope without parents.
constexpr std::size_t kFrameBytes = 384;
constexpr std::size_t kParentBytes = 39;

std::size_t size_estimate(const Envelope& envelope) {
  std::size_t bytes = kFrameBytes + envelope.event_type.size() + envelope.source.host.size() +
                      kParentBytes * envelope.correlation_ids.size() + envelope.payload.size();
  if (envelope.agent_context) bytes += envelope.agent_context->size();
  if (envelope.source.meta) bytes += envelope.source.meta->size();
  for (const auto& [name, value] : envelope.unknown_fields) bytes += name.size() + value.size() + 4;
  return bytes;
}

void append_uuids(std::string& out, const std::vector<Uuid>& ids) {
  out += '[';
  for (const Uuid& id : ids) {
    if (&id != ids.data()) out += ',';
    out.append("\"").append(id.to_string()).append("\"");
  }
  out += ']';
}

}  // namespace

std::string serialize(const Envelope& envelope) {
  std::string out;
  out.reserve(size_estimate(envelope));
  out.append("{\"event_id\":\"").append(envelope.event_id.to_string());
  out.append("\",\"event_type\":");
  event::append_json_string(out, envelope.event_type);
  out.append(",\"timestamp\":\"").append(format_rfc3339(envelope.timestamp));
  out.append("\",\"version\":");
  event::append_json_string(out, envelope.version);
  out += ",\"source\":";
  event::append_source(out, envelope.source);
  out += ",\"correlation_ids\":";
  append_uuids(out, envelope.correlation_ids);
  out += ",\"agent_context\":";
  out += envelope.agent_context ? std::string_view(*envelope.agent_context) : "null";
  out.append(",\"payload\":").append(envelope.payload);
  event::append_unknown_fields(out, envelope.unknown_fields);
  out += '}';
  return out;
}

}  // namespace bb
