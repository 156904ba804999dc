#include "broker/quarantine.h"

#include <fmt/format.h>

#include "amqp/constants.h"
#include "amqp/properties.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/utf8.h"

namespace bb::broker {
namespace {

using amqp::FieldTable;

constexpr std::size_t kTextBytesMax = 400;  // of each text in the headers

FieldTable refusal_headers(const ValidatedMessage& message, const Refusal& refusal,
                           std::uint64_t time_seconds) {
  amqp::FieldArray violations;
  for (const Violation& violation : refusal.violations) {
    if (violations.size() == MessageValidator::kViolationsMax) break;
    violations.emplace_back(FieldTable{{"pointer", printable(violation.pointer, kTextBytesMax)},
                                       {"expected", printable(violation.expected, kTextBytesMax)},
                                       {"found", printable(violation.found, kTextBytesMax)}});
  }
  return {{"x-refused-reason", printable(refusal.reason, kTextBytesMax)},
          {"x-refused-violations", std::move(violations)},
          {"x-refused-exchange", message.exchange},
          {"x-refused-routing-key", message.routing_key},
          {"x-refused-time", amqp::FieldTimestamp{time_seconds}}};
}

}  // namespace

std::string quarantine_name(std::string_view exchange) {
  return fmt::format("{}.quarantine", exchange);
}

Queue::Properties quarantine_properties(std::uint64_t bytes_max) {
  return {.durable = true,
          .arguments = {{"x-max-length-bytes", static_cast<std::int64_t>(bytes_max)},
                        {"x-overflow", "drop-head"}}};
}

std::string quarantined_properties(const ValidatedMessage& message, const Refusal& refusal,
                                   std::uint64_t time_seconds, std::string_view bytes,
                                   std::size_t bytes_max) {
  auto properties = amqp::decode_properties(as_bytes(bytes));
  BB_ASSERT(properties);
  const FieldTable added = refusal_headers(message, refusal, time_seconds);
  FieldTable headers;
  if (properties->headers) {
    auto decoded = amqp::decode_table(*properties->headers);
    BB_ASSERT(decoded);
    headers = *std::move(decoded);
  }
  for (const auto& [name, value] : added.entries()) headers.set(name, value);
  std::string encoded = amqp::encode_table_content(amqp::sorted(headers));
  if (encoded.size() > bytes_max || !amqp::check_table(as_bytes(encoded))) {
    encoded = amqp::encode_table_content(amqp::sorted(added));
  }
  properties->headers = as_bytes(encoded);
  properties->delivery_mode = amqp::kPersistent;
  properties->expiration.reset();
  Buffer out;
  amqp::encode_properties(out, *properties);
  return std::string(as_text(out.view()));
}

}  // namespace bb::broker
