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
  if (headers->erase("BCC")) {
    const std::string content = amqp::encode_table_content(*headers);
    amqp::BasicProperties rest = properties;
    rest.headers = as_bytes(content);
    Buffer out;
    amqp::encode_properties(out, rest);
    copies.properties = as_text(out.view());
  }
  return copies;
}

}  // namespace bb::broker
