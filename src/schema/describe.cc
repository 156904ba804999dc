#include "schema/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "event/json_chars.h"

namespace bb::schema {
namespace {

constexpr std::size_t kShortBytesMax = 60;
constexpr std::size_t kListBytesMax = 160;

bool is_container(const JsonNode& node) {
  return node.is(JsonType::kArray) || node.is(JsonType::kObject);
}

// The beginning of a container, minified: more than is shown of it, or all.
std::string minified_beginning(const char* at) {
  std::string text;
  std::size_t depth = 0;
  bool in_string = false;
  do {
    const char c = *at++;
    if (in_string) {
      text += c;
      if (c == '\\') text += *at++;
      in_string = c != '"';
      continue;
    }
    if (event::is_json_space(c)) continue;
    text += c;
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
  } while (depth > 0 && text.size() <= kShortBytesMax + 4);  // with room for a last character
  return text;
}

std::string_view noun_of(JsonType type) {
  switch (type) {
    case JsonType::kNull:
      return "null";
    case JsonType::kBoolean:
      return "a boolean";
    case JsonType::kInteger:
      return "an integer";
    case JsonType::kNumber:
      return "a number";
    case JsonType::kString:
      return "a string";
    case JsonType::kArray:
      return "an array";
    case JsonType::kObject:
      return "an object";
  }
  return "";
}

}  // namespace

std::string shorten(const JsonView& json, std::uint32_t index) {
  const JsonNode& node = json[index];
  if (is_container(node)) {
    return printable(minified_beginning(json.text + node.offset), kShortBytesMax);
  }
  std::string_view text = json.raw(node);
  if (node.is(JsonType::kString)) {
    // The closing quote stays, so that what is quoted is seen to end, or to go on.
    const std::string inside = printable(text, kShortBytesMax);
    return '"' + inside + '"';
  }
  return printable(text, kShortBytesMax);
}

std::string join(std::span<const std::string> words, std::string_view conjunction) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) {
      text += i + 1 < words.size() ? std::string(", ") : fmt::format(" {} ", conjunction);
    }
    text += words[i];
  }
  return text;
}

std::string describe_types(TypeMask types) {
  if ((types & kAnyType) == kAnyType) return "any value";
  std::vector<std::string> nouns;
  const auto add_if_in = [&](JsonType type) {
    if ((types & mask_of(type)) != 0) nouns.emplace_back(noun_of(type));
  };
  if ((types & mask_of(JsonType::kNumber)) != 0) {
    nouns.emplace_back(noun_of(JsonType::kNumber));  // which includes integers
  } else {
    add_if_in(JsonType::kInteger);
  }
  for (const JsonType type : {JsonType::kString, JsonType::kBoolean, JsonType::kArray,
                              JsonType::kObject, JsonType::kNull}) {
    add_if_in(type);
  }
  return nouns.empty() ? "nothing" : join(nouns, "or");
}

std::string describe_values(std::span<const JsonRef> values) {
  if (values.empty()) return "nothing: the list of values is empty";
  std::vector<std::string> words;
  std::size_t bytes = 0;
  for (const JsonRef& value : values) {
    words.push_back(shorten(*value.document, value.index));
    bytes += words.back().size();
    if (bytes > kListBytesMax && words.size() < values.size()) {
      words.pop_back();
      break;
    }
  }
  if (values.size() == 1) return words.front();
  if (words.size() == values.size()) return "one of " + join(words, "and");
  std::string text = "one of ";
  for (const std::string& word : words) text += word + ", ";
  return text + fmt::format("… ({} in all)", values.size());
}

std::string count_of(std::uint64_t count, std::string_view thing, std::string_view things) {
  return fmt::format("{} {}", count, count == 1 ? thing : things);
}

}  // namespace bb::schema
