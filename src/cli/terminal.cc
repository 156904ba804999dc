#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace bb::cli {
namespace {

bool environment_allows_colour() {
  const char* const no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* const term = std::getenv("TERM");
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

std::string_view sequence(Style style) {
  switch (style) {
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kRed:
      return "\x1b[31m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kYellow:
      return "\x1b[33m";
    case Style::kCyan:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

Terminal inspect_terminal(int fd, bool no_colour) {
  Terminal terminal;
  if (::isatty(fd) == 0) return terminal;
  terminal.interactive = true;
  terminal.colour = !no_colour && environment_allows_colour();
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) terminal.width = size.ws_col;
  return terminal;
}

std::string paint(std::string_view text, Style style, bool colour) {
  if (!colour || text.empty()) return std::string(text);
  std::string out(sequence(style));
  out += text;
  out += "\x1b[0m";
  return out;
}

}  // namespace bb::cli
