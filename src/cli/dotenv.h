// The `.env` file: settings of a project, one KEY=VALUE a line.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bb::cli {

inline constexpr std::size_t kDotEnvBytesMax = 256 << 10;

struct DotEnv {
  std::map<std::string, std::string, std::less<>> values;  // of a key that comes twice: the last
  std::vector<std::string> warnings;                       // ".env line 3: ...", in order
};

// Reads the text of a `.env` file:
//
//   # a comment, and blank lines
//   KEY=value             # a comment after white space
//   export KEY=value
//   KEY='as it is, # too'
//   KEY="with \n, \t, \", \\ and \$ as escapes"
//
// Nothing is substituted. A line that is none of these is skipped with a warning that names it but
// never quotes it, for it may hold a password.
DotEnv parse_dotenv(std::string_view text);

// Reads `path`. A file that is not there is an empty one; one that cannot be read, that
// is no regular file or is above kDotEnvBytesMax, is an empty one with a warning.
DotEnv load_dotenv(const std::string& path);

}  // namespace bb::cli
