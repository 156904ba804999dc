#include "cli/input.h"

#include <unistd.h>

#include <utility>

#include "base/try.h"
#include "io/read_file.h"

namespace bb::cli {
namespace {

constexpr std::string_view kStandardInput = "standard input";

}  // namespace

Result<Input> read_input(const std::string& path_or_dash, std::size_t bytes_max) {
  if (path_or_dash == "-") {
    BB_TRY_ASSIGN(auto text, io::read_descriptor(STDIN_FILENO, kStandardInput, bytes_max));
    return Input{std::string(kStandardInput), std::move(text)};
  }
  auto text = io::read_file(path_or_dash, bytes_max);
  if (!text) {
    Error error = std::move(text).error();
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kIo;
    return fail(std::move(error));
  }
  return Input{path_or_dash, *std::move(text)};
}

Result<Input> read_inline_or_file(std::string_view option, const std::string& value,
                                  std::size_t bytes_max) {
  if (value == "-") return read_input(value, bytes_max);
  if (value.starts_with('@')) {
    // `@-` is standard input as well, as curl has it.
    return read_input(value.substr(1), bytes_max);
  }
  return Input{std::string(option), value};
}

}  // namespace bb::cli
