#include "webhook/address_guard.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace bb::webhook {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

struct V4Range {
  std::uint32_t first;
  unsigned prefix_bits;
  std::string_view name;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr V4Range kV4Ranges[] = {
    {v4(0, 0, 0, 0), 8, "unspecified, this network"},         // RFC 791 §3.2, RFC 1122 §3.2.1.3
    {v4(10, 0, 0, 0), 8, "private"},                          // RFC 1918
    {v4(100, 64, 0, 0), 10, "shared, carrier-grade NAT"},     // RFC 6598
    {v4(127, 0, 0, 0), 8, "loopback"},                        // RFC 1122 §3.2.1.3
    {v4(169, 254, 0, 0), 16, "link-local"},                   // RFC 3927
    {v4(172, 16, 0, 0), 12, "private"},                       // RFC 1918
    {v4(192, 0, 0, 0), 24, "protocol assignments"},           // RFC 6890 §2.1
    {v4(192, 0, 2, 0), 24, "documentation"},                  // RFC 5737
    {v4(192, 88, 99, 0), 24, "6to4 relays, deprecated"},      // RFC 7526
    {v4(192, 168, 0, 0), 16, "private"},                      // RFC 1918
    {v4(198, 18, 0, 0), 15, "benchmarking"},                  // RFC 2544
    {v4(198, 51, 100, 0), 24, "documentation"},               // RFC 5737
    {v4(203, 0, 113, 0), 24, "documentation"},                // RFC 5737
    {v4(224, 0, 0, 0), 4, "multicast"},                       // RFC 5771
    {v4(240, 0, 0, 0), 4, "reserved, or limited broadcast"},  // RFC 1112 §4, RFC 919 §7
};

// The first 64 bits say it all: nothing below has a longer prefix but those told apart by hand.
struct V6Range {
  std::uint64_t first;
  unsigned prefix_bits;
  std::string_view name;
};

constexpr V6Range kV6Ranges[] = {
    {0xfc00'0000'0000'0000, 7, "unique local, private"},    // RFC 4193
    {0xfe80'0000'0000'0000, 10, "link-local"},              // RFC 4291 §2.5.6
    {0xfec0'0000'0000'0000, 10, "site-local, deprecated"},  // RFC 3879
    {0xff00'0000'0000'0000, 8, "multicast"},                // RFC 4291 §2.7
    {0x2001'0000'0000'0000, 23, "protocol assignments"},    // RFC 2928; Teredo (RFC 4380) too
    {0x2001'0db8'0000'0000, 32, "documentation"},           // RFC 3849
    {0x3fff'0000'0000'0000, 20, "documentation"},           // RFC 9637
};
// All that IANA gives out to be routed (RFC 4291 §2.4 and the registry of IPv6 address space).
constexpr V6Range kGlobalUnicast = {0x2000'0000'0000'0000, 3, ""};

template <class Range, class Bits>
constexpr bool holds(const Range& range, Bits bits) {
  return (bits ^ range.first) >> (sizeof(Bits) * 8 - range.prefix_bits) == 0;
}

std::optional<std::string_view> special_v4(std::uint32_t bits) {
  for (const V4Range& range : kV4Ranges) {
    if (holds(range, bits)) return range.name;
  }
  return std::nullopt;
}

std::optional<std::string_view> special_v6(const address_v6& ip) {
  const auto bytes = ip.to_bytes();
  const auto* at = reinterpret_cast<const std::byte*>(bytes.data());
  const auto high = load_big_endian<std::uint64_t>(at);
  const auto low = load_big_endian<std::uint64_t>(at + 8);
  if (high == 0) {
    if (low == 0) return "unspecified";  // RFC 4291 §2.5.2
    if (low == 1) return "loopback";     // RFC 4291 §2.5.3
    // RFC 4291 §2.5.5.2: ::ffff:0:0/96
    if (low >> 32 == 0xffff) return special_v4(static_cast<std::uint32_t>(low));
  }
  // RFC 6052 §2.1: 64:ff9b::/96
  if (high == 0x0064'ff9b'0000'0000 && low >> 32 == 0) {
    return special_v4(static_cast<std::uint32_t>(low));
  }
  // RFC 3056 §2: 2002::/16, the IPv4 address behind it
  if (high >> 48 == 0x2002) return special_v4(static_cast<std::uint32_t>(high >> 16));
  for (const V6Range& range : kV6Ranges) {
    if (holds(range, high)) return range.name;
  }
  if (!holds(kGlobalUnicast, high)) return "not global unicast";
  return std::nullopt;
}

}  // namespace

Result<void> check_public(const address& ip) {
  const auto special = ip.is_v4() ? special_v4(ip.to_v4().to_uint()) : special_v6(ip.to_v6());
  if (!special) return {};
  return fail(ErrorCode::kAccessRefused,
              fmt::format("{} is not a public address ({})", ip.to_string(), *special));
}

}  // namespace bb::webhook
