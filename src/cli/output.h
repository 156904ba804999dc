// What a command writes: results on standard output, everything else on standard error.
#pragma once

#include <string_view>

#include "bloodbank/result.h"

namespace bb::cli {

// Records are printed as one of these; `bb COMMAND -o ...`.
enum class OutputFormat { kText, kJson, kNdjson };

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitPartial = 3;
inline constexpr int kExitInterrupted = 130;

// How a write to standard output ended, when it did not fail.
enum class Written {
  kAll,
  kReaderGone,  // the pipe's other end was closed: nobody wants the rest
};

// Writes all of `text` to `fd`, waiting as long as it takes; kIo on failure. SIGPIPE must be
// ignored, as run() in app.h does.
Result<Written> write_all(int fd, std::string_view text);

// Writes a command's result and gives its exit code: kExitOk also when the reader has gone
// (`bb help | head -1`), kExitFailure with the reason on standard error otherwise.
int print_result(std::string_view text);

// One line on standard error: "bb: " and the message, control characters escaped.
void print_error(std::string_view message);
// As print_error(), with "bb: warning: ".
void print_warning(std::string_view message);
// A line for a person on standard error, as it is; it may hold colour.
void print_notice(std::string_view line);

// As print_error(), and the lines that follow the first one as they are, control characters
// escaped.
void print_error_lines(std::string_view message);

// Prints the error, on several lines if it is about a schema or what a schema refuses, and gives
// its exit code.
int report(const Error& error);

}  // namespace bb::cli
