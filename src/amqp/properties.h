// The properties of a message: class basic's content header (AMQP 0-9-1 §1.8.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "bloodbank/result.h"

namespace bb::amqp {

// Borrows its text: decoded properties are valid as long as the bytes they were
// decoded from.
struct BasicProperties {
  std::optional<std::string_view> content_type = {};
  std::optional<std::string_view> content_encoding = {};
  std::optional<ByteView> headers = {};  // the table's content, as decode_table() takes it
  std::optional<std::uint8_t> delivery_mode = {};
  std::optional<std::uint8_t> priority = {};
  std::optional<std::string_view> correlation_id = {};
  std::optional<std::string_view> reply_to = {};
  std::optional<std::string_view> expiration = {};  // milliseconds, in decimal
  std::optional<std::string_view> message_id = {};
  std::optional<std::uint64_t> timestamp = {};  // seconds since 1970
  std::optional<std::string_view> type = {};
  std::optional<std::string_view> user_id = {};
  std::optional<std::string_view> app_id = {};
  std::optional<std::string_view> cluster_id = {};
};

// `bytes` are the property flags and the property list: all of a content header
// after the body size. kSyntaxError when they are malformed, the headers table
// included. Allocates only for the error.
Result<BasicProperties> decode_properties(ByteView bytes);

// Appends flags and list. Text above 255 bytes is a broken precondition.
void encode_properties(Buffer& out, const BasicProperties& properties);

}  // namespace bb::amqp
