#include "broker/stream_offset_header.h"

#include <cstddef>

#include "amqp/field_table.h"
#include "amqp/properties.h"
#include "base/assert.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

// Name with its length, and the letter of a signed 64-bit integer (AMQP 0-9-1 §4.2.5.5).
constexpr std::string_view kField = "\x0fx-stream-offsetl";
constexpr std::string_view kName = kField.substr(0, kField.size() - 1);

// In the first byte of the property flags (AMQP 0-9-1 §4.2.6.1).
constexpr unsigned kHasContentType = 0x80;
constexpr unsigned kHasContentEncoding = 0x40;
constexpr unsigned kHasHeaders = 0x20;

template <class T>
void append(std::string& out, T value) {
  std::byte bytes[sizeof value];
  store_big_endian(bytes, value);
  out.append(as_text(bytes));
}

void replace(std::string& out, std::string_view bytes, std::uint64_t offset) {
  auto properties = amqp::decode_properties(as_bytes(bytes));
  BB_ASSERT(properties);
  amqp::FieldTable headers = *amqp::decode_table(*properties->headers);
  headers.set("x-stream-offset", static_cast<std::int64_t>(offset));
  const std::string encoded = amqp::encode_table_content(headers);
  properties->headers = as_bytes(encoded);
  Buffer written;
  amqp::encode_properties(written, *properties);
  out.assign(as_text(written.view()));
}

}  // namespace

// Deliveries are many: the bytes are put where they belong, nothing is decoded.
void set_stream_offset(std::string& out, std::string_view properties, std::uint64_t offset) {
  BB_ASSERT(properties.size() >= 2);
  const auto flags = static_cast<unsigned char>(properties[0]);
  std::size_t at = 2;
  const auto pass_text = [&] { at += 1 + static_cast<unsigned char>(properties[at]); };
  if ((flags & kHasContentType) != 0) pass_text();
  if ((flags & kHasContentEncoding) != 0) pass_text();
  std::string_view headers;
  std::string_view rest = properties.substr(at);
  if ((flags & kHasHeaders) != 0) {
    const auto size = load_big_endian<std::uint32_t>(as_bytes(rest).data());
    headers = rest.substr(4, size);
    rest.remove_prefix(4 + headers.size());
    if (headers.find(kName) != std::string_view::npos) return replace(out, properties, offset);
  }
  out.assign(properties.substr(0, at));
  out[0] = static_cast<char>(flags | kHasHeaders);
  append(out, static_cast<std::uint32_t>(headers.size() + kField.size() + sizeof offset));
  out.append(headers);
  out.append(kField);
  append(out, offset);
  out.append(rest);
}

}  // namespace bb::broker
