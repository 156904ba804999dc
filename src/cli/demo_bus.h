// A `bb serve` of our own for a short while, as a child process.
#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "bloodbank/result.h"

namespace bb::cli {

// The child listens on a free port of the loopback address and keeps its data in a temporary
// directory. It ends, and the directory is removed, with the object; if this process is killed, the
// child ends too.
class DemoBus {
 public:
  // Starts this same executable. kIo when there is no room for the directory or no process.
  static Result<std::unique_ptr<DemoBus>> start();
  DemoBus(const DemoBus&) = delete;
  DemoBus& operator=(const DemoBus&) = delete;
  ~DemoBus();

  struct Urls {
    std::string amqp;
    std::string http;  // of the management API
  };
  // Waits for the lines that say where it listens. kFailure when the child ends instead; it has
  // said why on standard error.
  boost::asio::awaitable<Result<Urls>> wait_until_listening();

  // Stops the child with SIGTERM, and after a few seconds with SIGKILL, and removes the directory.
  // kFailure when the child did not end with 0. Blocks. Idempotent.
  Result<void> stop();

 private:
  explicit DemoBus(std::filesystem::path directory) : directory_(std::move(directory)) {}
  Result<void> spawn();
  Result<void> end_child();

  std::filesystem::path directory_;
  pid_t child_ = -1;
  int output_ = -1;  // of the child, the reading end
};

}  // namespace bb::cli
