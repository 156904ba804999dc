#include "event/structural_errors.h"

#include <fmt/core.h>

#include <utility>

#include "base/utf8.h"

namespace bb::event {
namespace {

constexpr std::size_t kFoundBytesMax = 60;
// Enough of a value's text to fill that, even if it is indented.
constexpr std::size_t kLookedAtBytesMax = 8 * kFoundBytesMax;

std::string shortened(std::string_view json) {
  std::string_view head = json.substr(0, kLookedAtBytesMax);
  std::string text = printable(minify_json(head), kFoundBytesMax);
  if (head.size() < json.size() && !text.ends_with("…")) text += "…";
  return text;
}

}  // namespace

std::string pointer_to(std::string_view parent, std::string_view name) {
  std::string pointer(parent);
  pointer += '/';
  for (const char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

std::string pointer_to(std::string_view parent, std::size_t index) {
  return fmt::format("{}/{}", parent, index);
}

void StructuralErrors::add(std::string pointer, std::string_view expected, std::string_view found) {
  add_described(std::move(pointer), expected, shortened(found));
}

void StructuralErrors::add_missing(std::string pointer, std::string_view expected) {
  add_described(std::move(pointer), expected, "nothing");
}

void StructuralErrors::add_described(std::string pointer, std::string_view expected,
                                     std::string found) {
  if (errors_.size() == kStructuralErrorsMax) {
    ++unlisted_;
    return;
  }
  errors_.push_back({std::move(pointer), std::string(expected), std::move(found)});
}

std::vector<StructuralError> StructuralErrors::take() {
  if (unlisted_ > 0) {
    errors_.push_back({"", "fewer errors than can be listed", fmt::format("{} more", unlisted_)});
  }
  unlisted_ = 0;
  return std::exchange(errors_, {});
}

}  // namespace bb::event

namespace bb {
namespace {

constexpr std::size_t kPointerBytesMax = 120;

}  // namespace

Error EnvelopeError::to_error() const {
  if (json) {
    return {ErrorCode::kInvalidJson, fmt::format("not JSON: line {}, column {}: {}", json->line,
                                                 json->column, json->reason)};
  }
  std::string message = "not an event envelope: ";
  for (const StructuralError& error : structure) {
    if (&error != structure.data()) message += "; ";
    // A name in the pointer may hold any character, and be of any length.
    message += fmt::format(
        "{}: expected {}, found {}",
        error.pointer.empty() ? "the document" : printable(error.pointer, kPointerBytesMax),
        error.expected, error.found);
  }
  return {ErrorCode::kInvalidEnvelope, std::move(message)};
}

}  // namespace bb
