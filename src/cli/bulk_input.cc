#include "cli/bulk_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bb::cli {
namespace {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

bool is_readable_now(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

std::unexpected<Error> cannot_read(const std::string& name, int error) {
  return fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", name, std::strerror(error)));
}

}  // namespace

Result<BulkInput> BulkInput::open(const asio::any_io_executor& executor,
                                  const std::string& path_or_dash) {
  const bool is_standard = path_or_dash == "-";
  const std::string name = is_standard ? "standard input" : path_or_dash;
  // O_NONBLOCK: of a pipe with a name, opening would otherwise wait for who writes, and the event
  // loop with it. Reading waits then.
  const int fd =
      is_standard ? STDIN_FILENO : ::open(path_or_dash.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return cannot_read(name, errno);
  BulkInput input(name, fd);
  struct stat status{};
  if (::fstat(fd, &status) != 0) return cannot_read(name, errno);
  if (S_ISDIR(status.st_mode)) return cannot_read(name, EISDIR);
  if (S_ISREG(status.st_mode)) {
    input.total_bytes_ = static_cast<std::uint64_t>(status.st_size);
    return input;
  }
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) return cannot_read(name, errno);
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0) {
    input.readable_.emplace(executor, poller);
  } else {
    ::close(poller);  // a device that is always ready, such as /dev/null
  }
  return input;
}

BulkInput::BulkInput(BulkInput&& other) noexcept
    : name_(std::move(other.name_)),
      fd_(std::exchange(other.fd_, -1)),
      total_bytes_(other.total_bytes_),
      readable_(std::move(other.readable_)),
      woken_(other.woken_) {}

BulkInput::~BulkInput() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

asio::awaitable<Result<void>> BulkInput::read(LineBuffer& lines) {
  for (;;) {
    if (std::exchange(woken_, false)) co_return fail(ErrorCode::kInterrupted, "interrupted");
    if (readable_ && !is_readable_now(fd_)) {
      co_await readable_->async_wait(Descriptor::wait_read, kTuple);
      continue;
    }
    const std::span<char> space = lines.space();
    const ssize_t count = ::read(fd_, space.data(), space.size());
    if (count > 0) {
      lines.add(static_cast<std::size_t>(count));
      co_return Result<void>{};
    }
    if (count == 0) {
      lines.finish();
      co_return Result<void>{};
    }
    if (errno != EINTR && errno != EAGAIN) co_return cannot_read(name_, errno);
  }
}

void BulkInput::wake() {
  woken_ = true;
  if (readable_) readable_->cancel();
}

}  // namespace bb::cli
