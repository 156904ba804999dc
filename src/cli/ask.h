// Questions to the person at the terminal.
#pragma once

#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::cli {

// Whether there is a person to ask: standard input and standard error are terminals.
bool can_ask();

// Asks `question` ("Delete the queue 'x'?") and takes "y" or "yes" for a yes; with `yes`, which is
// --yes on the command line, nothing is asked. kFailure for a no, kInterrupted for Ctrl-C, kUsage
// where there is nobody to ask, with the question and the advice to use --yes.
Result<void> confirm(std::string_view question, bool yes);

// A password that is typed without being shown. kUsage where there is nobody to ask, kFailure for
// none, kInterrupted for Ctrl-C.
Result<std::string> ask_password(std::string_view prompt);

// The first line of standard input, without its line end. kUsage for an empty one, kIo.
Result<std::string> read_password_line();

}  // namespace bb::cli
