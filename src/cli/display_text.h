// Text from elsewhere (payloads, brokers, files) made safe and short enough to show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bb::cli {

// `text` with everything that could drive a terminal or disguise itself written as an escape:
// control characters (C0, DEL, C1), the characters that change the direction of writing, and line
// and paragraph separators as \n, \t, \r or \u001b; bytes that are not UTF-8 as \xff. Within a JSON
// string the escapes mean what they replace, so JSON stays the same JSON.
std::string escape_controls(std::string_view text);

bool is_valid_utf8(std::string_view text);

// How many columns of a terminal valid UTF-8 takes: 2 for wide characters (CJK, emoji), 0 for
// combining ones. An estimate: terminals differ on new emoji.
std::size_t display_width(std::string_view text);

// `text` cut to `width` columns, the last of them "…" if anything was cut off.
std::string shorten(std::string_view text, std::size_t width);

}  // namespace bb::cli
