// UUIDs (RFC 9562): parsing, printing, and versions 4, 5 and 7.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb {

// A 128-bit identifier in network byte order. A value type; the default is nil.
class Uuid {
 public:
  constexpr Uuid() = default;
  constexpr explicit Uuid(std::array<std::uint8_t, 16> bytes) : bytes_(bytes) {}

  // Reads the 8-4-4-4-12 hexadecimal form in either case (RFC 9562 §4); nothing
  // else is accepted. kUsage otherwise, with the text shortened in the message.
  static Result<Uuid> parse(std::string_view text);

  // Random (RFC 9562 §5.4), from the kernel's generator. Thread-safe.
  static Uuid v4();
  // Name-based with SHA-1 (RFC 9562 §5.5): the same name gives the same id.
  static Uuid v5(const Uuid& name_space, std::string_view name);
  // Time-ordered (RFC 9562 §5.7): `now` in milliseconds and random bits; ids made
  // by one thread one after the other in the same millisecond are ordered too.
  // Times before 1970 count as its start. Thread-safe.
  static Uuid v7(std::chrono::system_clock::time_point now);

  // The 36-character form, in lower case.
  std::string to_string() const;

  constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  constexpr int version() const { return bytes_[6] >> 4; }

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// NAMESPACE_OID of RFC 9562 §6.6: 6ba7b812-9dad-11d1-80b4-00c04fd430c8.
inline constexpr Uuid kNamespaceOid{{0x6b, 0xa7, 0xb8, 0x12, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4,
                                     0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}};

}  // namespace bb
