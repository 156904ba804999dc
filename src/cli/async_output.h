// Standard output, written without blocking the event loop: a pager that stands still must not keep
// the connection from answering heartbeats.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <optional>
#include <string_view>

#include "bloodbank/result.h"
#include "cli/output.h"

namespace bb::cli {

// Writes to a descriptor that it does not own and whose flags it does not change, for other
// processes share them. Not thread-safe; one write() at a time.
class AsyncOutput {
 public:
  AsyncOutput(const boost::asio::any_io_executor& executor, int fd);

  // Writes all of `text`, which outlives the call. kInterrupted after stop(), with some of it
  // written or none.
  boost::asio::awaitable<Result<Written>> write(std::string_view text);

  // Ends a write() that waits: from now on only what does not block is written.
  void stop();

  // Calls `handler` once if the reading end of the pipe is closed, also while nothing is written.
  // Never, if the descriptor is no pipe and no socket.
  void on_reader_gone(std::function<void()> handler);

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  // An epoll instance that holds fd_ alone. The loop waits for that to become readable, and so
  // never has to make fd_ itself non-blocking.
  Descriptor watch(std::uint32_t events) const;

  boost::asio::any_io_executor executor_;
  int fd_;
  std::optional<Descriptor> writable_;  // none where a write never waits for anybody
  std::optional<Descriptor> closed_;
  bool stopped_ = false;
};

}  // namespace bb::cli
