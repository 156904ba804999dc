// Walking through a text that is known to be JSON, without converting anything:
// values are views of the text. Give it only what find_json_fault() passed; a
// broken text is a broken invariant and stops the process.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace bb::event {

enum class JsonKind { kNull, kBoolean, kNumber, kString, kArray, kObject };

// The kind of the value that `text` is, white space around it aside.
JsonKind json_kind(std::string_view text);

// `text` without white space at its ends.
std::string_view trim_json(std::string_view text);

// What is between the quotes of a string, escapes as they are. `value` is trimmed.
std::string_view string_text(std::string_view value);

struct JsonMember {
  std::string_view name;   // between the quotes, escapes as they are
  std::string_view value;  // trimmed
};

// The members of an object in order.
class JsonMembers {
 public:
  explicit JsonMembers(std::string_view object);
  std::optional<JsonMember> next();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// The elements of an array in order, trimmed.
class JsonElements {
 public:
  explicit JsonElements(std::string_view array);
  std::optional<std::string_view> next();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace bb::event
