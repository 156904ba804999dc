#include "schema/format_ip.h"

#include <algorithm>
#include <cstddef>

#include "base/hex.h"
#include "schema/uri_chars.h"

namespace bb::schema {
namespace {

constexpr std::size_t kGroupDigitsMax = 4;
constexpr int kGroups = 8;

bool is_octet(std::string_view text) {
  if (text.empty() || text.size() > 3 || !std::ranges::all_of(text, is_digit)) return false;
  if (text.size() > 1 && text.front() == '0') return false;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value <= 255;
}

}  // namespace

bool is_ipv4(std::string_view text) {
  for (int i = 0; i < 3; ++i) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || !is_octet(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  return is_octet(text);
}

bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool compressed = false;
  if (text.starts_with("::")) {
    compressed = true;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  // Each round takes one group and what separates it from the next.
  while (groups < kGroups) {
    std::size_t digits = 0;
    while (digits < text.size() && hex_digit_value(text[digits]) >= 0) ++digits;
    if (digits < text.size() && text[digits] == '.') {
      groups += 2;
      return is_ipv4(text) && (compressed ? groups < kGroups : groups == kGroups);
    }
    if (digits == 0 || digits > kGroupDigitsMax) return false;
    ++groups;
    text.remove_prefix(digits);
    if (text.empty()) return compressed ? groups < kGroups : groups == kGroups;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.starts_with(':')) {
      if (compressed) return false;
      compressed = true;
      text.remove_prefix(1);
      if (text.empty()) return groups < kGroups;
    }
  }
  return false;
}

}  // namespace bb::schema
