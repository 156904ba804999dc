#include <algorithm>
#include <tuple>

#include "base/edit_distance.h"
#include "schema/repository_index.h"

namespace bb::schema {
namespace {

// Event types have at most this many bytes; what is typed can be of any length.
constexpr std::size_t kTypedBytesMax = 255;

// Whether `part` is some of the words of `whole`, such as "voice.completed" of
// "transcription.voice.completed".
bool has_words(std::string_view whole, std::string_view part) {
  const std::size_t at = whole.find(part);
  if (part.empty() || at == std::string_view::npos) return false;
  const std::size_t end = at + part.size();
  return (at == 0 || whole[at - 1] == '.') && (end == whole.size() || whole[end] == '.');
}

}  // namespace

std::vector<std::string> nearest_event_types(std::string_view typed,
                                             const std::vector<EventSchemaInfo>& events,
                                             std::size_t count_max) {
  if (typed.size() > kTypedBytesMax) return {};
  const std::size_t distance_max = std::max<std::size_t>(1, typed.size() / 3);
  std::vector<std::tuple<std::size_t, std::string_view>> near;
  std::string_view last;
  for (const EventSchemaInfo& event : events) {
    if (event.event_type == last) continue;  // another version
    last = event.event_type;
    const std::size_t distance =
        has_words(last, typed) || has_words(typed, last) ? 1 : edit_distance(typed, last);
    if (distance <= distance_max) near.emplace_back(distance, last);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (const auto& [distance, name] : near) {
    if (names.size() == count_max) break;
    names.emplace_back(name);
  }
  return names;
}

}  // namespace bb::schema
