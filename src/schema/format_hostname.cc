#include "schema/format_hostname.h"

#include <algorithm>
#include <string>

#include "schema/idna.h"
#include "schema/uri_chars.h"

namespace bb::schema {
namespace {

bool is_ldh_label(std::string_view label) {
  if (label.empty() || label.size() > kHostnameLabelBytesMax) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
}

bool has_a_label(std::string_view hostname) {
  for (;;) {
    if (has_a_label_prefix(hostname)) return true;
    const std::size_t dot = hostname.find('.');
    if (dot == std::string_view::npos) return false;
    hostname.remove_prefix(dot + 1);
  }
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The text with U+3002, U+FF0E and U+FF61 as dots.
std::string with_ascii_dots(std::string_view text) {
  std::string replaced;
  while (!text.empty()) {
    const std::string_view at = text.substr(0, 3);
    if (at == "\u3002" || at == "\uFF0E" || at == "\uFF61") {
      replaced += '.';
      text.remove_prefix(3);
    } else {
      replaced += text.front();
      text.remove_prefix(1);
    }
  }
  return replaced;
}

}  // namespace

bool is_ldh_hostname(std::string_view text) {
  if (text.size() > kHostnameBytesMax) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_ldh_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_hostname(std::string_view text) {
  return is_ldh_hostname(text) && (!has_a_label(text) || obeys_idna(text));
}

bool is_idn_hostname(std::string_view text) {
  if (is_ascii(text)) return is_hostname(text);
  // U-labels can be longer than their A-labels, but not by this much.
  if (text.size() > 4 * kHostnameBytesMax) return false;
  return obeys_idna(with_ascii_dots(text));
}

}  // namespace bb::schema
