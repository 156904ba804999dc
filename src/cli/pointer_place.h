// Where in a JSON text is what a JSON pointer names?
#pragma once

#include <cstddef>
#include <string_view>

#include "schema/json_document.h"

namespace bb::cli {

struct PointerPlace {
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // from 1, in characters
};

// Of one text. Not thread-safe.
class PointerPlaces {
 public:
  // `text` outlives this. Of one that is not JSON, every place is its beginning.
  explicit PointerPlaces(std::string_view text) : text_(text), is_json_(reader_.read(text)) {}

  // The first byte of the value that `pointer` (RFC 6901) names, of the last one if its name
  // repeats. Where there is none: of the value around it.
  PointerPlace find(std::string_view pointer) const;

 private:
  std::string_view text_;
  schema::JsonReader reader_;
  bool is_json_;
};

}  // namespace bb::cli
