#include "client/text.h"

namespace bb::client {

std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string line(text.substr(0, bytes_max));
  for (char& character : line) {
    const auto code = static_cast<unsigned char>(character);
    if (code < 0x20 || code == 0x7F) character = ' ';
  }
  if (text.size() > bytes_max) line += "...";
  return line;
}

}  // namespace bb::client
