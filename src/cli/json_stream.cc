#include "cli/json_stream.h"

#include <utility>

namespace bb::cli {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_opening(char c) {
  return c == '{' || c == '[';
}
bool is_closing(char c) {
  return c == '}' || c == ']';
}

// The length of the string that `text` begins with, both quotes included if it has both.
std::size_t string_bytes(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

// The length of the value that `text`, not empty and without white space in front, begins with.
std::size_t value_bytes(std::string_view text) {
  if (text.front() == '"') return string_bytes(text);
  std::size_t at = 0;
  if (!is_opening(text.front())) {
    while (at < text.size() && !is_space(text[at]) && !is_opening(text[at])) ++at;
    return at;
  }
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at += string_bytes(text.substr(at));
      continue;
    }
    ++at;
    if (is_opening(c)) ++depth;
    if (is_closing(c) && --depth == 0) return at;
  }
  return at;
}

// Follows lines and columns over the bytes of a stream.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;

  void advance(std::string_view text) {
    for (const char c : text) {
      if (c == '\n') {
        ++line;
        column = 1;
      } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
        ++column;  // not a byte within a character
      }
    }
  }
};

}  // namespace

std::vector<StreamValue> split_json_stream(std::string_view stream) {
  std::vector<StreamValue> values;
  Position position;
  while (!stream.empty()) {
    std::size_t bytes = 0;
    while (bytes < stream.size() && is_space(stream[bytes])) ++bytes;
    position.advance(stream.substr(0, bytes));
    stream.remove_prefix(bytes);
    if (stream.empty()) break;

    std::string_view text = stream.substr(0, value_bytes(stream));
    stream.remove_prefix(text.size());
    const Position start = position;
    position.advance(text);
    // A value that is not closed runs to the end, final line break included.
    while (is_space(text.back())) text.remove_suffix(1);
    values.push_back({text, start.line, start.column});
  }
  return values;
}

JsonError locate_in_stream(JsonError error, const StreamValue& value) {
  if (error.line == 1) error.column += value.column - 1;
  error.line += value.line - 1;
  return error;
}

}  // namespace bb::cli
