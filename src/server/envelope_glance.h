// Envelopes as nearly all of them are, read in one pass and without copies.
#pragma once

#include <optional>
#include <string_view>

#include "schema/json_document.h"

namespace bb::server {

// What the check of an event needs of its envelope: views into the text.
struct SeenEnvelope {
  std::string_view event_type;
  std::string_view payload;  // an object
};

// Holds the working memory: keep one and use it again. Not thread-safe.
class EnvelopeGlance {
 public:
  // Nothing means that it takes a closer look, by parse_envelope(), which has the last word: `text`
  // is no envelope, or one that is out of the ordinary (an escape in a name or value that counts,
  // an agent context, metadata, a field that is not known). Whatever is seen is what
  // parse_envelope() accepts.
  std::optional<SeenEnvelope> read(std::string_view text);

 private:
  schema::JsonReader reader_;
};

}  // namespace bb::server
