#include "broker/message_traits.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "amqp/field_table.h"
#include "amqp/properties.h"
#include "base/assert.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

constexpr std::int64_t kTtlMaxMs = 315'360'000'000;  // ten years

// In the first byte of the property flags (AMQP 0-9-1 §4.2.6.1).
constexpr unsigned kHasPriority = 0x08;
constexpr unsigned kHasExpiration = 0x01;

bool has(const Message& message, unsigned flag) {
  const std::string_view properties = message.properties();
  return !properties.empty() && (static_cast<unsigned char>(properties[0]) & flag) != 0;
}

// Nothing for what does not fit, which is too much.
std::optional<std::int64_t> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc() || value > kTtlMaxMs) return std::nullopt;
  return value;
}

}  // namespace

Result<void> check_expiration(std::string_view expiration) {
  const auto refuse = [&](std::string_view reason) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("invalid expiration '{}': {}", expiration, reason));
  };
  // The reasons are Erlang's.
  const std::size_t sign = expiration.starts_with('-') || expiration.starts_with('+') ? 1 : 0;
  const std::size_t digits_end =
      std::min(expiration.find_first_not_of("0123456789", sign), expiration.size());
  if (digits_end == sign) return refuse("no_integer");
  if (digits_end < expiration.size()) {
    return refuse(fmt::format("{{leftover_string,\"{}\"}}", expiration.substr(digits_end)));
  }
  const std::string_view digits = expiration.substr(sign);
  const std::string_view value =
      digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (expiration[0] == '-' && value != "0") {
    return refuse(fmt::format("{{value_negative,-{}}}", value));
  }
  if (!number(value)) return refuse(fmt::format("{{value_too_large,{}}}", value));
  return {};
}

std::optional<std::chrono::milliseconds> message_ttl(const Message& message) {
  if (!has(message, kHasExpiration)) return std::nullopt;
  const auto properties = amqp::decode_properties(as_bytes(message.properties()));
  BB_ASSERT(properties);
  return std::chrono::milliseconds(number(*properties->expiration).value_or(kTtlMaxMs));
}

std::uint8_t message_priority(const Message& message) {
  if (!has(message, kHasPriority)) return 0;
  const auto properties = amqp::decode_properties(as_bytes(message.properties()));
  BB_ASSERT(properties);
  return *properties->priority;
}

std::string with_delivery_count(std::string_view bytes, std::uint32_t count) {
  auto properties = amqp::decode_properties(as_bytes(bytes));
  BB_ASSERT(properties);
  amqp::FieldTable headers;
  if (properties->headers) headers = *amqp::decode_table(*properties->headers);
  headers.set("x-delivery-count", std::int64_t{count});
  const std::string encoded = amqp::encode_table_content(amqp::sorted(headers));
  if (!amqp::check_table(as_bytes(encoded))) return std::string(bytes);
  properties->headers = as_bytes(encoded);
  Buffer out;
  amqp::encode_properties(out, *properties);
  return std::string(as_text(out.view()));
}

}  // namespace bb::broker
