// A file that was compiled into the program; see cmake/EmbedFiles.cmake.
#pragma once

#include <string_view>

namespace bb {

struct EmbeddedFile {
  std::string_view path;  // with slashes, relative to the folder it comes from
  std::string_view text;
};

}  // namespace bb
