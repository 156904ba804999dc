#include "command.h"

#include <string_view>

namespace bb::sim {
namespace {

struct Words {
  std::string_view first;
  std::string_view rest;
  bool none;
};

// `more`: whether `text` still has words (an empty text may be one empty word).
Words split(std::string_view text, bool more) {
  if (!more) return {{}, {}, true};
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return {text, {}, false};
  return {text.substr(0, dot), text.substr(dot + 1), false};
}

bool matches(std::string_view pattern, bool more_pattern, std::string_view key, bool more_key) {
  const Words wanted = split(pattern, more_pattern);
  if (wanted.none) return !more_key;
  const bool pattern_goes_on = wanted.first.size() < pattern.size();
  const Words word = split(key, more_key);
  const bool key_goes_on = !word.none && word.first.size() < key.size();
  if (wanted.first == "#") {
    if (matches(wanted.rest, pattern_goes_on, key, more_key)) return true;
    return !word.none && matches(pattern, more_pattern, word.rest, key_goes_on);
  }
  if (word.none || (wanted.first != "*" && wanted.first != word.first)) return false;
  return matches(wanted.rest, pattern_goes_on, word.rest, key_goes_on);
}

}  // namespace

std::string exchange_type(const std::string& exchange) {
  for (const char* type : {"fanout", "topic"}) {
    if (exchange.ends_with(type)) return type;
  }
  return "direct";
}

bool topic_matches(const std::string& pattern, const std::string& key) {
  return matches(pattern, true, key, true);
}

}  // namespace bb::sim
