// What standard output and standard error are connected to, and colour.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bb::cli {

struct Terminal {
  bool interactive = false;          // a terminal, not a file or a pipe
  bool colour = false;               // write escape sequences
  std::optional<std::size_t> width;  // in columns, where it is a terminal
};

// Colour is for terminals alone, and not when the user said no: `--no-color`, NO_COLOR set and
// not empty (no-color.org), TERM unset or "dumb".
Terminal inspect_terminal(int fd, bool no_colour = false);

enum class Style { kBold, kDim, kRed, kGreen, kYellow, kCyan };

// `text` between the escape sequences of `style`, or as it is where there is no colour.
std::string paint(std::string_view text, Style style, bool colour);

}  // namespace bb::cli
