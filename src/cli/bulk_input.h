// A file or standard input, read bit by bit without blocking the event loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "bloodbank/result.h"
#include "cli/bulk_lines.h"

namespace bb::cli {

// Not thread-safe. Standard input is neither closed nor changed: other processes share it.
class BulkInput {
 public:
  // Opens the file, or takes standard input for "-". kIo with the name.
  static Result<BulkInput> open(const boost::asio::any_io_executor& executor,
                                const std::string& path_or_dash);
  BulkInput(BulkInput&& other) noexcept;
  BulkInput& operator=(BulkInput&&) = delete;
  ~BulkInput();

  const std::string& name() const { return name_; }  // "events.jsonl", "standard input"
  // How much there is to read, where that is known.
  std::optional<std::uint64_t> total_bytes() const { return total_bytes_; }
  // Whether a read may have to wait for whoever writes.
  bool may_wait() const { return readable_.has_value(); }

  // Reads what is there into `lines`, or finishes them. kIo, and kInterrupted by wake().
  boost::asio::awaitable<Result<void>> read(LineBuffer& lines);

  // Ends a read() that waits, or the next one.
  void wake();

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  BulkInput(std::string name, int fd) : name_(std::move(name)), fd_(fd) {}

  std::string name_;
  int fd_;
  std::optional<std::uint64_t> total_bytes_;
  // An epoll instance that holds fd_ alone, as in async_output.h. None where reads never wait.
  std::optional<Descriptor> readable_;
  bool woken_ = false;
};

}  // namespace bb::cli
