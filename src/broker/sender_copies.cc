#include "broker/sender_copies.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "amqp/field_table.h"
#include "base/assert.h"
#include "base/bytes.h"

namespace bb::broker {

bool may_have_copies(const amqp::BasicProperties& properties) {
  if (!properties.headers) return false;
  // A name in a table has its length in front.
  const std::string_view headers = as_text(*properties.headers);
  return headers.find("\2CC") != std::string_view::npos ||
         headers.find("\3BCC") != std::string_view::npos;
}

Result<SenderCopies> sender_copies(const amqp::BasicProperties& properties) {
  SenderCopies copies;
  if (!properties.headers) return copies;
  auto headers = amqp::decode_table(*properties.headers);
  BB_ASSERT(headers);  // checked when it was received
  for (const std::string_view name : {"CC", "BCC"}) {
    const amqp::FieldValue* const value = headers->find(name);
    if (value == nullptr) continue;
    if (value->as_array() == nullptr) {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("invalid message: {{unacceptable_type_in_header,\"{}\",{}}}", name,
                              amqp::type_name(*value)));
    }
    for (const amqp::FieldValue& key : *value->as_array()) {
      if (const std::string* text = key.as_string()) copies.keys.push_back(*text);
    }
  }
  copies.blind = headers->find("BCC") != nullptr;
  return copies;
}

bool may_have_blind_copies(std::string_view properties) {
  constexpr unsigned kHasHeaders = 0x20;  // in the first byte of the flags, AMQP 0-9-1 §4.2.6.1
  return !properties.empty() &&
         (static_cast<unsigned char>(properties.front()) & kHasHeaders) != 0 &&
         properties.find("\3BCC") != std::string_view::npos;
}

std::string without_blind_copies(std::string_view bytes) {
  auto properties = amqp::decode_properties(as_bytes(bytes));
  BB_ASSERT(properties);
  if (!properties->headers) return std::string(bytes);
  auto headers = amqp::decode_table(*properties->headers);
  BB_ASSERT(headers);
  if (!headers->erase("BCC")) return std::string(bytes);
  const std::string content = amqp::encode_table_content(*headers);
  properties->headers = as_bytes(content);
  Buffer out;
  amqp::encode_properties(out, *properties);
  return std::string(as_text(out.view()));
}

}  // namespace bb::broker
