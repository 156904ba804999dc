// Reading what the user points at: files and standard input.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::cli {

// One event is at most this long: what brokers take by default.
inline constexpr std::size_t kEventBytesMax = 128u << 20;
// A stream of events is read as a whole, because all of it is checked before any of it is sent.
inline constexpr std::size_t kStreamBytesMax = std::size_t{1} << 30;

struct Input {
  std::string name;  // for messages: the file's name, "standard input", "--json"
  std::string text;
};

// The file, or standard input for "-". Every failure to read is kIo or kContentTooLarge.
Result<Input> read_input(const std::string& path_or_dash, std::size_t bytes_max);

// What `--json` takes: `-` for standard input, `@FILE`, or the text itself.
Result<Input> read_inline_or_file(std::string_view option, const std::string& value,
                                  std::size_t bytes_max);

}  // namespace bb::cli
