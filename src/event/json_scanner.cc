#include "event/json_scanner.h"

#include <fmt/core.h>
#include <simdjson.h>

#include <utility>

#include "base/assert.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "event/json_chars.h"
#include "event/nesting_stack.h"

namespace bb::event {
namespace {

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t depth_max) : text_(text), depth_max_(depth_max) {}

  std::optional<JsonFault> run() {
    if (text_.starts_with("\xEF\xBB\xBF")) {
      refuse("JSON starts without a byte order mark");
    } else {
      while (step()) {
      }
    }
    return std::move(fault_);
  }

 private:
  // What may come next, white space aside.
  enum class Expect { kValue, kFirstElement, kFirstName, kName, kSeparator };

  // Takes one token, or a name and its colon. False at the end and at a fault.
  bool step() {
    skip_space();
    switch (expect_) {
      case Expect::kValue:
        return take_value();
      case Expect::kFirstElement:
        return next_is(']') ? close() : take_value();
      case Expect::kFirstName:
        return next_is('}') ? close() : take_name("expected a field name in double quotes or '}'");
      case Expect::kName:
        return take_name("expected a field name in double quotes");
      case Expect::kSeparator:
        return nesting_.depth() == 0 ? check_end() : take_separator();
    }
    return false;
  }

  bool take_value() {
    if (at_end()) return unexpected("expected a value");
    switch (const char c = text_[at_]) {
      case '"':
        expect_ = Expect::kSeparator;
        return take_string();
      case '{':
      case '[':
        return open(c == '{');
      case 't':
        return take_literal("true");
      case 'f':
        return take_literal("false");
      case 'n':
        return take_literal("null");
      default:
        if (c == '-' || is_digit(c)) return take_number();
        return refuse_value(c);
    }
  }

  bool refuse_value(char c) {
    switch (c) {
      case '\'':
        return refuse("expected a value; strings take double quotes");
      case '/':
      case '#':
        return refuse("expected a value; JSON has no comments");
      case '+':
        return refuse("a number does not begin with '+'");
      case '.':
        return refuse("a number begins with a digit");
      default:
        return unexpected("expected a value");
    }
  }

  bool open(bool object) {
    if (nesting_.depth() == depth_max_) {
      return refuse(fmt::format("nested more than {} deep", depth_max_));
    }
    nesting_.push(object);
    expect_ = object ? Expect::kFirstName : Expect::kFirstElement;
    ++at_;
    return true;
  }

  bool close() {
    nesting_.pop();
    expect_ = Expect::kSeparator;
    ++at_;
    return true;
  }

  bool take_name(const char* expected) {
    if (!next_is('"')) return unexpected(expected);
    if (!take_string()) return false;
    skip_space();
    if (!next_is(':')) return unexpected("expected ':' after a field name");
    ++at_;
    expect_ = Expect::kValue;
    return true;
  }

  bool take_separator() {
    const bool object = nesting_.in_object();
    const char closer = object ? '}' : ']';
    if (next_is(closer)) return close();
    if (!next_is(',')) {
      return unexpected(object ? "expected ',' or '}' after a value"
                               : "expected ',' or ']' after a value");
    }
    const std::size_t comma = at_++;
    skip_space();
    if (next_is(closer)) {
      return refuse(fmt::format("trailing comma before '{}'", closer), comma);
    }
    expect_ = object ? Expect::kName : Expect::kValue;
    return true;
  }

  bool check_end() { return at_end() ? false : unexpected("expected nothing after the value"); }

  bool take_literal(std::string_view literal) {
    if (!text_.substr(at_).starts_with(literal)) return unexpected("expected a value");
    at_ += literal.size();
    expect_ = Expect::kSeparator;
    return true;
  }

  // RFC 8259 §6.
  bool take_number() {
    if (next_is('-')) ++at_;
    if (next_is('0')) {
      ++at_;
      if (next_is_digit()) return refuse("a number does not begin with 0", at_ - 1);
    } else if (!take_digits("expected a digit after '-'")) {
      return false;
    }
    if (next_is('.')) {
      ++at_;
      if (!take_digits("expected a digit after '.'")) return false;
    }
    if (next_is('e') || next_is('E')) {
      ++at_;
      if (next_is('+') || next_is('-')) ++at_;
      if (!take_digits("expected a digit in the exponent")) return false;
    }
    expect_ = Expect::kSeparator;
    return true;
  }

  bool take_digits(const char* expected) {
    if (!next_is_digit()) return unexpected(expected);
    while (next_is_digit()) ++at_;
    return true;
  }

  // RFC 8259 §7, from the opening quote on.
  bool take_string() {
    const std::size_t opening = at_++;
    for (;;) {
      at_ = find_string_special(text_, at_);
      if (at_end()) return refuse("unterminated string", opening);
      switch (text_[at_]) {
        case '"':
          ++at_;
          return true;
        case '\\':
          if (!take_escape(opening)) return false;
          break;
        default:
          return refuse(fmt::format("control character in a string; write it as \\u{:04x}",
                                    static_cast<unsigned char>(text_[at_])));
      }
    }
  }

  bool take_escape(std::size_t opening) {
    const std::size_t backslash = at_++;
    if (at_end()) return refuse("unterminated string", opening);
    if (text_[at_] == 'u') {
      for (int digit = 0; digit < 4; ++digit) {
        ++at_;
        if (at_end()) return refuse("unterminated string", opening);
        if (hex_digit_value(text_[at_]) < 0) {
          return refuse("expected four hexadecimal digits after '\\u'", backslash);
        }
      }
    } else if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
      return refuse(
          fmt::format("no such escape: '\\{}'; a backslash itself is written '\\\\'", word_at(at_)),
          backslash);
    }
    ++at_;
    return true;
  }

  // The word that starts at `begin`, or else the one character, for a message.
  std::string word_at(std::size_t begin) const {
    std::size_t end = begin;
    while (end < text_.size() && is_word(text_[end]) && end - begin <= kWordBytesMax) ++end;
    if (end == begin) {
      const std::size_t character = utf8_character_bytes(text_.substr(begin));
      end += character == 0 ? 1 : character;
    }
    return printable(text_.substr(begin, end - begin), kWordBytesMax);
  }

  bool unexpected(std::string_view expected) {
    return at_end() ? refuse(fmt::format("{}, found the end of the text", expected))
                    : refuse(fmt::format("{}, found '{}'", expected, word_at(at_)));
  }

  bool refuse(std::string reason) { return refuse(std::move(reason), at_); }
  bool refuse(std::string reason, std::size_t offset) {
    fault_ = JsonFault{offset, std::move(reason)};
    return false;
  }

  void skip_space() {
    while (at_ < text_.size() && is_json_space(text_[at_])) ++at_;
  }
  bool at_end() const { return at_ == text_.size(); }
  bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
  bool next_is_digit() const { return at_ < text_.size() && is_digit(text_[at_]); }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  static constexpr std::size_t kWordBytesMax = 16;

  std::string_view text_;
  std::size_t depth_max_;
  std::size_t at_ = 0;
  Expect expect_ = Expect::kValue;
  NestingStack nesting_;
  std::optional<JsonFault> fault_;
};

}  // namespace

std::optional<std::size_t> find_utf8_fault(std::string_view text) {
  if (text.empty() || simdjson::validate_utf8(text.data(), text.size())) return std::nullopt;
  std::size_t at = 0;
  while (const std::size_t size = utf8_character_bytes(text.substr(at))) at += size;
  return at;
}

std::optional<JsonFault> find_json_fault(std::string_view text, std::size_t depth_max) {
  BB_ASSERT(depth_max <= kJsonDepthMax);
  std::optional<JsonFault> fault = Scanner(text, depth_max).run();
  const std::optional<std::size_t> bad_byte = find_utf8_fault(text);
  if (!bad_byte || (fault && fault->offset < *bad_byte)) return fault;
  return JsonFault{*bad_byte, fmt::format("byte 0x{:02x} is not UTF-8 here",
                                          static_cast<unsigned char>(text[*bad_byte]))};
}

}  // namespace bb::event
