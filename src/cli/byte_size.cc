#include "cli/byte_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace bb::cli {
namespace {

constexpr std::string_view kPrefixes = "KMGT";

// What one of the unit is in bytes; 0 for what is no unit.
std::uint64_t unit_bytes(std::string_view unit) {
  std::string upper;
  for (const char c : unit) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (upper.empty() || upper == "B") return 1;
  const std::size_t power = kPrefixes.find(upper.front());
  if (power == std::string_view::npos) return 0;
  const std::string_view rest = std::string_view(upper).substr(1);
  if (!rest.empty() && rest != "IB" && rest != "B") return 0;
  const std::uint64_t base = rest == "B" ? 1000 : 1024;
  std::uint64_t bytes = 1;
  for (std::size_t i = 0; i <= power; ++i) bytes *= base;
  return bytes;
}

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, digits);
  const std::uint64_t unit = unit_bytes(text.substr(digits));
  const char* const end = number.data() + number.size();
  std::uint64_t whole = 0;
  if (const auto [rest, error] = std::from_chars(number.data(), end, whole);
      error == std::errc{} && rest == end && unit != 0 && whole <= UINT64_MAX / unit) {
    return whole * unit;
  }
  double fraction = 0;
  if (const auto [rest, error] =
          std::from_chars(number.data(), end, fraction, std::chars_format::fixed);
      error == std::errc{} && rest == end && unit > 1 &&
      number.find('.') != std::string_view::npos) {
    const double bytes = std::round(fraction * static_cast<double>(unit));
    if (bytes < std::ldexp(1.0, 64)) return static_cast<std::uint64_t>(bytes);
  }
  return fail(ErrorCode::kUsage,
              fmt::format("'{}' is not a size in bytes; write 1048576, 64K, 300M or 1.5G", text));
}

}  // namespace bb::cli
