#include "cli/ask.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/try.h"
#include "cli/display_text.h"
#include "cli/output.h"

namespace bb::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 4096;

void prompt(std::string_view text) {
  (void)write_all(STDERR_FILENO, escape_controls(text) + " ");
}

// nullopt at the end of the input.
Result<std::optional<char>> read_byte() {
  for (;;) {
    char byte = 0;
    const ssize_t size = ::read(STDIN_FILENO, &byte, 1);
    if (size == 1) return byte;
    if (size == 0) return std::nullopt;
    if (errno != EINTR) {
      return fail(ErrorCode::kIo,
                  fmt::format("cannot read standard input: {}", std::strerror(errno)));
    }
  }
}

// Byte by byte: what follows the line belongs to whoever reads next.
Result<std::string> read_line() {
  std::string line;
  for (;;) {
    BB_TRY_ASSIGN(const std::optional<char> byte, read_byte());
    if (!byte || *byte == '\n') return line;
    if (line.size() == kAnswerBytesMax) {
      return fail(ErrorCode::kUsage,
                  fmt::format("the line is longer than {} bytes", kAnswerBytesMax));
    }
    line += *byte;
  }
}

// While it lives, the terminal shows nothing and hands over each key, Ctrl-C too: that way no
// signal can leave it as it is.
class SilentTerminal {
 public:
  SilentTerminal() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    silent_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (silent_) (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  bool is_silent() const { return silent_; }

 private:
  termios before_{};
  bool silent_ = false;
};

// What the keys of a terminal's line are when nothing handles them.
constexpr char kInterruptKey = '\x03';
constexpr char kEndKey = '\x04';
constexpr char kClearKey = '\x15';

void take_away_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

Result<std::string> read_keys() {
  std::string typed;
  for (;;) {
    BB_TRY_ASSIGN(const std::optional<char> key, read_byte());
    if (!key || *key == '\n' || *key == '\r' || *key == kEndKey) return typed;
    if (*key == kInterruptKey) return fail(ErrorCode::kInterrupted, "interrupted");
    if (*key == '\b' || *key == '\x7f') {
      take_away_character(typed);
    } else if (*key == kClearKey) {
      typed.clear();
    } else if (typed.size() < kAnswerBytesMax) {
      typed += *key;
    }
  }
}

}  // namespace

bool can_ask() {
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
}

Result<void> confirm(std::string_view question, bool yes) {
  if (yes) return {};
  if (!can_ask()) {
    return fail(ErrorCode::kUsage,
                fmt::format("{} Say so with --yes, for there is no terminal to ask at", question));
  }
  prompt(fmt::format("{} [y/N]", question));
  BB_TRY_ASSIGN(const std::string answer, read_line());
  if (answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes") return {};
  return fail(ErrorCode::kFailure, "nothing was done");
}

Result<std::string> ask_password(std::string_view text) {
  if (!can_ask()) {
    return fail(ErrorCode::kUsage, "a password is needed, and there is no terminal to ask at");
  }
  // The prompt comes after, because what was typed before it is thrown away.
  auto typed = [&]() -> Result<std::string> {
    const SilentTerminal terminal;
    if (!terminal.is_silent()) {
      return fail(ErrorCode::kIo, "the terminal cannot be told not to show what is typed");
    }
    prompt(text);
    return read_keys();
  }();
  (void)write_all(STDERR_FILENO, "\n");
  if (typed && typed->empty()) return fail(ErrorCode::kFailure, "no password was typed");
  return typed;
}

Result<std::string> read_password_line() {
  BB_TRY_ASSIGN(std::string line, read_line());
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return fail(ErrorCode::kUsage, "standard input holds no password");
  return line;
}

}  // namespace bb::cli
