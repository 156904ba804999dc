#include "cli/glob.h"

#include <algorithm>
#include <cstddef>

#include "base/utf8.h"

namespace bb::cli {

bool matches_glob(std::string_view pattern, std::string_view name) {
  // The last '*' so far takes as little as it can; on a mismatch, one byte more.
  std::size_t star = std::string_view::npos;
  std::size_t star_end = 0;  // how far into `name` that star reaches
  std::size_t p = 0;
  std::size_t n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = n;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      n += std::max<std::size_t>(1, utf8_character_bytes(name.substr(n)));
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace bb::cli
