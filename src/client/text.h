// Texts of the peer inside our one-line messages.
#pragma once

#include <string>
#include <string_view>

namespace bb::client {

// `text` on one line: control characters, which a peer may send in its reply texts,
// become spaces, and what is longer than `bytes_max` is cut, with "..." at the end.
std::string one_line(std::string_view text, std::size_t bytes_max = 512);

}  // namespace bb::client
