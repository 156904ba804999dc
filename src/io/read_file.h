// Whole files as text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::io {

// All of a file: kNotFound, kIo, or kContentTooLarge above `bytes_max`. Pipes and devices are
// read to their end (`<(...)` of a shell). The message names the file.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

// As read_file(), of a regular file alone: anything else is kIo, and never waited for.
Result<std::string> read_regular_file(const std::string& path, std::size_t bytes_max);

// As read_file(), from a descriptor, which stays open; `name` is what the message calls it.
Result<std::string> read_descriptor(int fd, std::string_view name, std::size_t bytes_max);

}  // namespace bb::io
