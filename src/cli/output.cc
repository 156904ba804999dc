#include "cli/output.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/display_text.h"
#include "cli/terminal.h"

namespace bb::cli {
namespace {

// Standard error is the last resort: where it fails, there is nobody left to tell.
void write_stderr(std::string_view text) {
  (void)write_all(STDERR_FILENO, text);
}

void print_labelled(std::string_view label, Style style, std::string_view message) {
  const bool colour = inspect_terminal(STDERR_FILENO).colour;
  write_stderr(fmt::format("{} {}\n", paint(label, style, colour), escape_controls(message)));
}

// What is wrong by a schema takes a line for each thing.
bool has_lines(ErrorCode code) {
  return code == ErrorCode::kInvalidSchema || code == ErrorCode::kNoSchema ||
         code == ErrorCode::kInvalidPayload;
}

}  // namespace

Result<Written> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Whoever shares the descriptor made it non-blocking.
      pollfd waiting{fd, POLLOUT, 0};
      (void)::poll(&waiting, 1, -1);
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return Written::kReaderGone;
    } else if (errno != EINTR) {
      return fail(ErrorCode::kIo, fmt::format("cannot write the output: {}", std::strerror(errno)));
    }
  }
  return Written::kAll;
}

int print_result(std::string_view text) {
  const auto written = write_all(STDOUT_FILENO, text);
  return written ? kExitOk : report(written.error());
}

void print_error(std::string_view message) {
  print_labelled("bb:", Style::kRed, message);
}
void print_warning(std::string_view message) {
  print_labelled("bb: warning:", Style::kYellow, message);
}
void print_notice(std::string_view line) {
  write_stderr(fmt::format("{}\n", line));
}

void print_error_lines(std::string_view message) {
  const std::size_t first_end = std::min(message.find('\n'), message.size());
  print_error(message.substr(0, first_end));
  std::string text;
  for (std::string_view rest = message.substr(first_end); !rest.empty();) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += escape_controls(rest.substr(0, end)) + "\n";
    rest.remove_prefix(end);
  }
  write_stderr(text);
}

int report(const Error& error) {
  if (has_lines(error.code)) {
    print_error_lines(error.message);
  } else {
    print_error(error.message);
  }
  return error_info(error.code).exit_code;
}

}  // namespace bb::cli
