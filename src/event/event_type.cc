#include <algorithm>

#include "bloodbank/envelope.h"

namespace bb {
namespace {

// AMQP 0-9-1 §4.2.5.3: a routing key is a short string.
constexpr std::size_t kEventTypeBytesMax = 255;

constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_word(std::string_view text) {
  return !text.empty() && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; });
}

}  // namespace

bool is_event_type(std::string_view text) {
  if (text.size() > kEventTypeBytesMax) return false;
  std::size_t words = 0;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_word(text.substr(0, dot))) return false;
    ++words;
    if (dot == std::string_view::npos) return words >= 2;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace bb
