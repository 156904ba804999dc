// What an event says of itself: its id, and what caused it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "bloodbank/uuid.h"
#include "schema/json_document.h"

namespace bb::correlation {

// Of what an event names as its causes, the first so many count.
inline constexpr std::size_t kParentsMax = 1000;

struct SeenEvent {
  Uuid id;
  std::vector<Uuid> parents;  // each once, kParentsMax at most
};

// Holds the working memory: keep one and use it again. Not thread-safe.
class EventReader {
 public:
  // Reads envelopes, the legacy shape, and CloudEvents in structured mode; of each no more than
  // this takes: what is no envelope otherwise, and has an id, counts. The id of a CloudEvent that
  // is no UUID is the one that it has as an envelope. Nothing: it says no id.
  std::optional<SeenEvent> read(std::string_view body);

 private:
  schema::JsonReader reader_;
};

// Ids in a text, with commas or spaces between them; what is none is left out.
std::vector<Uuid> read_id_list(std::string_view text);

}  // namespace bb::correlation
