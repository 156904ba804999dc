#include "schema/format_email.h"

#include <uninorm.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/utf8.h"
#include "schema/format_hostname.h"
#include "schema/format_ip.h"
#include "schema/idna.h"
#include "schema/uri_chars.h"

namespace bb::schema {
namespace {

constexpr std::size_t kLocalPartBytesMax = 64;  // RFC 5321 §4.5.3.1.1

constexpr std::string_view kIpv6Tag = "ipv6:";  // in any case

enum class Charset : std::uint8_t { kAscii, kUtf8 };

bool is_printable_ascii(char c) {
  return c >= ' ' && c <= '~';
}

// RFC 5322 §3.2.3
bool is_atom_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// The length of the character that the text begins with, if it is not ASCII and
// the charset has it; otherwise 0.
std::size_t beyond_ascii(std::string_view text, Charset charset) {
  if (charset == Charset::kAscii) return 0;
  const std::size_t size = utf8_character_bytes(text);
  return size > 1 ? size : 0;
}

// The length of the quoted string at the front of the text; 0 where there is none.
std::size_t quoted_string_bytes(std::string_view text, Charset charset) {
  std::size_t at = 1;  // after the opening quote
  while (at < text.size() && text[at] != '"') {
    if (text[at] == '\\') {
      if (at + 1 == text.size() || !is_printable_ascii(text[at + 1])) return 0;
      at += 2;
    } else if (is_printable_ascii(text[at])) {
      ++at;
    } else {
      const std::size_t size = beyond_ascii(text.substr(at), charset);
      if (size == 0) return 0;
      at += size;
    }
  }
  return at < text.size() ? at + 1 : 0;
}

// The length of the atoms and dots at the front of the text; 0 where they do not
// make a dot-string.
std::size_t dot_string_bytes(std::string_view text, Charset charset) {
  std::size_t at = 0;
  bool after_dot = true;
  while (at < text.size()) {
    if (text[at] == '.') {
      if (after_dot) return 0;
      after_dot = true;
      ++at;
      continue;
    }
    const std::size_t size = is_atom_char(text[at]) ? 1 : beyond_ascii(text.substr(at), charset);
    if (size == 0) break;
    after_dot = false;
    at += size;
  }
  return after_dot ? 0 : at;
}

bool is_address_literal(std::string_view text) {
  text = text.substr(1, text.size() - 2);
  if (!std::ranges::equal(text.substr(0, kIpv6Tag.size()), kIpv6Tag, {}, to_lower))
    return is_ipv4(text);
  return is_ipv6(text.substr(kIpv6Tag.size()));
}

bool is_internationalized_domain(std::string_view domain) {
  // No name of a host is longer than this in any form, and normalizing takes memory.
  if (domain.size() > 8 * kHostnameBytesMax) return false;
  std::size_t size = 0;
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> normal(
      u8_normalize(UNINORM_NFC, reinterpret_cast<const std::uint8_t*>(domain.data()), domain.size(),
                   nullptr, &size),
      std::free);
  if (normal == nullptr) return false;
  return obeys_idna({reinterpret_cast<const char*>(normal.get()), size});
}

bool is_mailbox(std::string_view text, Charset charset) {
  const std::size_t local_bytes =
      text.starts_with('"') ? quoted_string_bytes(text, charset) : dot_string_bytes(text, charset);
  if (local_bytes == 0 || local_bytes > kLocalPartBytesMax) return false;
  if (local_bytes == text.size() || text[local_bytes] != '@') return false;
  const std::string_view domain = text.substr(local_bytes + 1);
  if (domain.size() > 2 && domain.front() == '[' && domain.back() == ']') {
    return is_address_literal(domain);
  }
  if (is_ldh_hostname(domain)) return true;
  return charset == Charset::kUtf8 && is_internationalized_domain(domain);
}

}  // namespace

bool is_email(std::string_view text) {
  return is_mailbox(text, Charset::kAscii);
}

bool is_idn_email(std::string_view utf8) {
  return is_mailbox(utf8, Charset::kUtf8);
}

}  // namespace bb::schema
