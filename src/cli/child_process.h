// A shell command that is given text to read, on the event loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "bloodbank/result.h"

namespace bb::cli {

struct ChildOptions {
  ChildOptions() = default;  // no aggregate: g++ 12 destroys some temporaries of those twice

  std::string command;  // for /bin/sh -c
  std::string input;  // on its standard input; a child that does not read it all is none the worse
  // Added to our environment.
  std::vector<std::pair<std::string, std::string>> environment;
  // After that it and its own children get SIGTERM, and SIGKILL a while later.
  std::chrono::milliseconds time_limit{60'000};
};

struct ChildEnd {
  int exit_code = 0;  // of one that ended by itself; 128 + the signal otherwise, as in a shell
  bool timed_out = false;
  std::string last_words;  // the end of what it wrote to standard error, a kilobyte at most
};

// Runs it to its end. It has our standard output; its standard error goes to ours as it comes, and
// its last words are kept. It leads a process group of its own, so that Ctrl-C on a terminal is for
// us to act on. kIo: it could not be started.
boost::asio::awaitable<Result<ChildEnd>> run_child(ChildOptions options);

}  // namespace bb::cli
