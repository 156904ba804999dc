#include "cli/async_output.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace bb::cli {
namespace {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

bool is_pipe(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

bool is_writable_now(int fd) {
  pollfd waiting{fd, POLLOUT, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

}  // namespace

AsyncOutput::AsyncOutput(const asio::any_io_executor& executor, int fd)
    : executor_(executor), fd_(fd) {
  if (is_pipe(fd) || ::isatty(fd) != 0) writable_ = watch(EPOLLOUT);
}

AsyncOutput::Descriptor AsyncOutput::watch(std::uint32_t events) const {
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = events;  // errors and hang-ups are always told
  ::epoll_ctl(poller, EPOLL_CTL_ADD, fd_, &event);
  return Descriptor(executor_, poller);
}

asio::awaitable<Result<Written>> AsyncOutput::write(std::string_view text) {
  if (!writable_) co_return write_all(fd_, text);
  while (!text.empty()) {
    if (!is_writable_now(fd_)) {
      if (stopped_) co_return fail(ErrorCode::kInterrupted, "interrupted");
      co_await writable_->async_wait(Descriptor::wait_read, kTuple);
      continue;
    }
    // A pipe that is writable takes this much without blocking (POSIX, poll()).
    const std::size_t chunk_bytes = std::min<std::size_t>(text.size(), PIPE_BUF);
    const ssize_t written = ::write(fd_, text.data(), chunk_bytes);
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      co_return Written::kReaderGone;
    } else if (errno != EAGAIN && errno != EINTR) {
      co_return fail(ErrorCode::kIo,
                     fmt::format("cannot write the output: {}", std::strerror(errno)));
    }
  }
  co_return Written::kAll;
}

void AsyncOutput::stop() {
  stopped_ = true;
  if (writable_) writable_->cancel();
  if (closed_) closed_->cancel();
}

void AsyncOutput::on_reader_gone(std::function<void()> handler) {
  if (!is_pipe(fd_)) return;
  closed_ = watch(0);
  closed_->async_wait(Descriptor::wait_read,
                      [handler = std::move(handler)](const boost::system::error_code& error) {
                        if (!error) handler();
                      });
}

}  // namespace bb::cli
