#include "amqp/properties.h"

#include <fmt/format.h>

#include <limits>

#include "amqp/constants.h"
#include "amqp/field_table.h"
#include "base/try.h"

namespace bb::amqp {
namespace {

// AMQP 0-9-1 §4.2.6.1: the first property is the highest bit; bit 0 says that more
// flags follow, which class basic with its 14 properties never needs. Bit 1 belongs to
// no property and is passed over, as RabbitMQ does.
constexpr std::uint16_t kFirstFlag = 0x8000;
constexpr std::uint16_t kContinuationFlag = 0x0001;

// Calls `visit` with every property in the order of the wire: the one list that reading
// and writing share. Properties is BasicProperties, const or not.
template <class Properties, class Visit>
void for_each_property(Properties& p, Visit&& visit) {
  visit(p.content_type);
  visit(p.content_encoding);
  visit(p.headers);
  visit(p.delivery_mode);
  visit(p.priority);
  visit(p.correlation_id);
  visit(p.reply_to);
  visit(p.expiration);
  visit(p.message_id);
  visit(p.timestamp);
  visit(p.type);
  visit(p.user_id);
  visit(p.app_id);
  visit(p.cluster_id);
}

std::string_view read(ByteReader& in, std::string_view /*unused*/) {
  return as_text(in.bytes(in.integer<std::uint8_t>()));
}
ByteView read(ByteReader& in, ByteView /*unused*/) {
  return in.bytes(in.integer<std::uint32_t>());
}
std::uint8_t read(ByteReader& in, std::uint8_t /*unused*/) {
  return in.integer<std::uint8_t>();
}
std::uint64_t read(ByteReader& in, std::uint64_t /*unused*/) {
  return in.integer<std::uint64_t>();
}

void write(Buffer& out, std::string_view text) {
  BB_ASSERT(text.size() <= kShortStringMaxBytes);
  out.append_integer(static_cast<std::uint8_t>(text.size()));
  out.append(text);
}
void write(Buffer& out, ByteView table) {
  BB_ASSERT(table.size() <= std::numeric_limits<std::uint32_t>::max());
  out.append_integer(static_cast<std::uint32_t>(table.size()));
  out.append(table);
}
void write(Buffer& out, std::uint8_t number) {
  out.append_integer(number);
}
void write(Buffer& out, std::uint64_t number) {
  out.append_integer(number);
}

}  // namespace

Result<BasicProperties> decode_properties(ByteView bytes) {
  ByteReader in(bytes);
  const auto flags = in.integer<std::uint16_t>();
  if ((flags & kContinuationFlag) != 0) {
    return fail(ErrorCode::kSyntaxError, "message properties that class basic does not have");
  }
  Result<BasicProperties> properties;
  unsigned flag = kFirstFlag;
  for_each_property(*properties, [&]<class T>(std::optional<T>& property) {
    if ((flags & flag) != 0) property = read(in, T{});
    flag >>= 1;
  });
  if (in.failed()) return fail(ErrorCode::kSyntaxError, "message properties are cut off");
  if (!in.empty()) {
    return fail(ErrorCode::kSyntaxError,
                fmt::format("{} bytes too many after the message properties", in.rest().size()));
  }
  if (const auto& headers = properties->headers) BB_TRY(check_table(*headers));
  return properties;
}

void encode_properties(Buffer& out, const BasicProperties& properties) {
  const std::size_t flags_at = out.size();
  out.append_integer(std::uint16_t{0});
  unsigned flag = kFirstFlag;
  unsigned flags = 0;
  for_each_property(properties, [&](const auto& property) {
    if (property) {
      flags |= flag;
      write(out, *property);
    }
    flag >>= 1;
  });
  store_big_endian(out.at(flags_at), static_cast<std::uint16_t>(flags));
}

}  // namespace bb::amqp
