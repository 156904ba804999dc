#include "schema/idna.h"

#include <idn2.h>
#include <unictype.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "schema/format_hostname.h"
#include "schema/uri_chars.h"

namespace bb::schema {
namespace {

constexpr std::string_view kPrefix = "xn--";

struct Idn2Free {
  void operator()(void* memory) const { idn2_free(memory); }
};
template <class T>
using Idn2Memory = std::unique_ptr<T, Idn2Free>;

const std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<const std::uint8_t*>(text.c_str());
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::u32string code_points(std::string_view utf8) {
  std::u32string points;
  while (!utf8.empty()) {
    const char32_t c = take_code_point(utf8);
    if (c == kNoCodePoint) return {};
    points += c;
  }
  return points;
}

// A label as it is looked up and as it is read.
struct Label {
  std::string ascii;
  std::u32string unicode;
};

// Errors are an empty label; one whose ASCII form is too long is an error of libidn2's.
Label from_u_label(std::string_view text) {
  const std::string label(text);
  std::uint8_t* raw = nullptr;
  const int status = idn2_register_u8(bytes_of(label), nullptr, &raw, 0);
  const Idn2Memory<std::uint8_t> inserted(raw);
  if (status != IDN2_OK) return {};
  return {reinterpret_cast<const char*>(raw), code_points(text)};
}

Label from_a_label(std::string_view text) {
  std::string label(text);
  // Case is of no account in an A-label (RFC 5890 §2.3.2.1), but a capital that
  // Punycode carries over would be one in the U-label.
  std::ranges::transform(label, label.begin(), to_lower);
  char* raw = nullptr;
  const int status = idn2_to_unicode_8z8z(label.c_str(), &raw, 0);
  const Idn2Memory<char> decoded(raw);
  if (status != IDN2_OK) return {};
  // Of the encodings that Punycode has for a text only one is an A-label, and for ASCII
  // alone none.
  Label result = from_u_label(raw);
  if (result.ascii != label) return {};
  return result;
}

Label from_ldh_label(std::string_view text) {
  return {std::string(text), std::u32string(text.begin(), text.end())};
}

bool is_ldh(std::string_view label) {
  return is_ldh_hostname(label) && label.find('.') == std::string_view::npos;
}

bool is_right_to_left(int category) {
  return category == UC_BIDI_R || category == UC_BIDI_AL;
}

// RFC 5893 §2, for any label of a name that has a character read from right to left.
bool obeys_bidi_rule(const std::u32string& label) {
  const int first = uc_bidi_category(label.front());
  if (first != UC_BIDI_L && !is_right_to_left(first)) return false;
  bool european = false;
  bool arabic = false;
  int last = first;  // but for non-spacing marks
  for (const char32_t c : label) {
    const int category = uc_bidi_category(c);
    switch (category) {
      case UC_BIDI_EN:
        european = true;
        break;
      case UC_BIDI_AN:
        if (first == UC_BIDI_L) return false;
        arabic = true;
        break;
      case UC_BIDI_L:
        if (first != UC_BIDI_L) return false;
        break;
      case UC_BIDI_R:
      case UC_BIDI_AL:
        if (first == UC_BIDI_L) return false;
        break;
      case UC_BIDI_ES:
      case UC_BIDI_CS:
      case UC_BIDI_ET:
      case UC_BIDI_ON:
      case UC_BIDI_BN:
      case UC_BIDI_NSM:
        break;
      default:
        return false;
    }
    if (category != UC_BIDI_NSM) last = category;
  }
  if (european && arabic) return false;
  if (first == UC_BIDI_L) return last == UC_BIDI_L || last == UC_BIDI_EN;
  return is_right_to_left(last) || last == UC_BIDI_EN || last == UC_BIDI_AN;
}

// RFC 5893 §1.4: whether a name with this label is a Bidi domain name.
bool needs_bidi_rule(const Label& label) {
  return std::ranges::any_of(label.unicode, [](char32_t c) {
    const int category = uc_bidi_category(c);
    return is_right_to_left(category) || category == UC_BIDI_AN;
  });
}

}  // namespace

bool has_a_label_prefix(std::string_view label) {
  return std::ranges::equal(label.substr(0, kPrefix.size()), kPrefix, {}, to_lower);
}

bool obeys_idna(std::string_view domain) {
  std::vector<Label> labels;
  std::size_t ascii_bytes = 0;
  for (;;) {
    const std::size_t dot = domain.find('.');
    const std::string_view text = domain.substr(0, dot);
    // libidn2 reads up to a zero byte.
    if (text.empty() || text.find('\0') != std::string_view::npos) return false;
    Label label = !is_ascii(text)            ? from_u_label(text)
                  : !is_ldh(text)            ? Label()
                  : has_a_label_prefix(text) ? from_a_label(text)
                                             : from_ldh_label(text);
    if (label.unicode.empty()) return false;
    ascii_bytes += label.ascii.size() + 1;
    if (ascii_bytes > kHostnameBytesMax + 1) return false;
    labels.push_back(std::move(label));
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  return std::ranges::none_of(labels, needs_bidi_rule) ||
         std::ranges::all_of(labels, obeys_bidi_rule, &Label::unicode);
}

}  // namespace bb::schema
