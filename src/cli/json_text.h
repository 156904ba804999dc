// Writing the few pieces of JSON that the commands print.
#pragma once

#include <string>
#include <string_view>

namespace bb::cli {

// `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string quote_json(std::string_view text);

// RFC 4648 §4, with padding.
std::string encode_base64(std::string_view bytes);

}  // namespace bb::cli
