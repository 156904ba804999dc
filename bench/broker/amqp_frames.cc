#include "broker/amqp_frames.h"

#include <bit>
#include <cstring>

namespace bb::bench::amqp {
namespace {

template <class Integer>
Integer big_endian(Integer value) {
  static_assert(std::endian::native == std::endian::little);
  if constexpr (sizeof(Integer) == 8) return __builtin_bswap64(value);
  return __builtin_bswap32(static_cast<std::uint32_t>(value));
}

}  // namespace

Fields& Fields::integer(std::uint64_t value, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) {
    bytes_.push_back(static_cast<char>(value >> shift & 0xFF));
  }
  return *this;
}

Fields& Fields::short_text(std::string_view text) {
  u8(text.size());
  bytes_ += text;
  return *this;
}

Fields& Fields::long_text(std::string_view text) {
  u32(text.size());
  bytes_ += text;
  return *this;
}

Fields& Fields::table(const Table& arguments) {
  Fields content;
  for (const auto& [name, value] : arguments) {
    content.short_text(name);
    if (const auto* text = std::get_if<std::string>(&value)) {
      content.u8('S').long_text(*text);
    } else if (const auto* number = std::get_if<std::int32_t>(&value)) {
      content.u8('I').u32(static_cast<std::uint32_t>(*number));
    } else {
      content.u8('t').u8(std::get<bool>(value) ? 1 : 0);
    }
  }
  return long_text(content.bytes());
}

std::string frame(char type, std::uint16_t channel, std::string_view payload) {
  Fields head;
  head.u8(static_cast<unsigned char>(type)).u16(channel).u32(payload.size());
  std::string bytes = head.bytes();
  bytes += payload;
  bytes += kFrameEnd;
  return bytes;
}

std::string method(std::uint16_t channel, MethodId id, const Fields& arguments) {
  Fields payload;
  payload.u32(id);
  return frame(kMethodFrame, channel, payload.bytes() + arguments.bytes());
}

std::uint32_t read_u32(const char* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return big_endian(value);
}

std::uint64_t read_u64(const char* bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return big_endian(value);
}

void write_u64(char* bytes, std::uint64_t value) {
  value = big_endian(value);
  std::memcpy(bytes, &value, sizeof value);
}

}  // namespace bb::bench::amqp
