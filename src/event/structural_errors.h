// Collecting what is wrong with an envelope, all of it at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/envelope.h"

namespace bb::event {

// What an envelope's fields are expected to be, in the words of the messages.
namespace expected {
inline constexpr std::string_view kUuid = "a UUID";
inline constexpr std::string_view kUuidArray = "an array of UUIDs";
inline constexpr std::string_view kEventType =
    "two or more words of a-z, 0-9, '_' and '-' joined by dots, at most 255 bytes, "
    "such as session.thread.start";
inline constexpr std::string_view kTimestamp = "an RFC 3339 time such as 2026-01-27T10:15:30Z";
inline constexpr std::string_view kString = "a string";
inline constexpr std::string_view kStringOrNull = "a string or null";
inline constexpr std::string_view kUtf8 = "a string in UTF-8";
inline constexpr std::string_view kCharacters = "a string without half a surrogate pair";
inline constexpr std::string_view kObject = "an object";
inline constexpr std::string_view kObjectOrNull = "an object or null";
inline constexpr std::string_view kUniqueField = "each field once";
}  // namespace expected

// RFC 6901 §3: the pointer to the member `name` (or element) of what `parent`
// points to, with '~' and '/' in the name escaped.
std::string pointer_to(std::string_view parent, std::string_view name);
std::string pointer_to(std::string_view parent, std::size_t index);

// Not thread-safe.
class StructuralErrors {
 public:
  // `found` is JSON, and shortened here.
  void add(std::string pointer, std::string_view expected, std::string_view found);
  void add_missing(std::string pointer, std::string_view expected);
  // `found` in words.
  void add_described(std::string pointer, std::string_view expected, std::string found);

  bool empty() const { return errors_.empty(); }

  // The errors in the order they were added. Past kStructuralErrorsMax they are only
  // counted, and a last one for the whole document gives the count.
  std::vector<StructuralError> take();

 private:
  std::vector<StructuralError> errors_;
  std::size_t unlisted_ = 0;
};

}  // namespace bb::event
