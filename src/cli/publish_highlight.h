// JSON for a person: indented, at a terminal in colour.
#pragma once

#include <string>
#include <string_view>

namespace bb::cli {

// `json`, a text that check_json() accepts, with its objects and arrays on lines of their own,
// indented by two spaces, and names, strings, numbers and words in colours. Nothing within strings
// and numbers changes, but that control characters are escaped (display_text.h). No line break at
// the end.
std::string highlight_json(std::string_view json);

// The same without colours.
std::string pretty_json(std::string_view json);

}  // namespace bb::cli
