// JSON strings: from characters to text and back (RFC 8259 §7).
#pragma once

#include <string>
#include <string_view>

namespace bb::event {

struct DecodedString {
  std::string text;
  // False if the string escapes a surrogate that stands alone. There is no UTF-8
  // for one; `text` then has its three bytes all the same, so that strings that
  // differ stay different, and is good for comparing only.
  bool well_formed = true;
};

// The characters of a string, `escaped` being what is between its quotes in a text
// that is JSON.
DecodedString decode_json_string(std::string_view escaped);

// The same, appended to `out`: allocates nothing where `out` has room. Returns `well_formed`.
bool append_decoded_json_string(std::string& out, std::string_view escaped);

// Appends `text` as a JSON string with its quotes. Escapes what must be escaped
// and nothing else; bytes that are not UTF-8 are copied as they are.
void append_json_string(std::string& out, std::string_view text);

}  // namespace bb::event
