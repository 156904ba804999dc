#include "client/resolve.h"

#include <fmt/core.h>
#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "client/signal.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::string cannot_resolve(std::string_view host, std::string_view reason) {
  return fmt::format("cannot find the address of host '{}': {}; check the URL", host, reason);
}

// A look-up on its way. The thread may outlive who waits for it, and the executor.
class Lookup {
 public:
  Lookup(const asio::any_io_executor& executor, PendingPtr<Addresses> answer)
      : executor_(executor), answer_(std::move(answer)) {}

  // Nobody waits any more.
  void leave() {
    const std::lock_guard lock(mutex_);
    executor_ = {};
    answer_ = nullptr;
  }

  // From the thread.
  void set(Result<Addresses> found) {
    const std::lock_guard lock(mutex_);
    if (answer_ == nullptr) return;
    asio::post(executor_, [answer = std::exchange(answer_, nullptr),
                           found = std::move(found)]() mutable { answer->set(std::move(found)); });
    executor_ = {};
  }

 private:
  std::mutex mutex_;
  asio::any_io_executor executor_;
  PendingPtr<Addresses> answer_;
};

class Waiting {
 public:
  explicit Waiting(std::shared_ptr<Lookup> lookup) : lookup_(std::move(lookup)) {}
  // Also when the coroutine goes away with its executor.
  ~Waiting() { lookup_->leave(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::shared_ptr<Lookup> lookup_;
};

Result<Addresses> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int problem = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (problem != 0) {
    const std::string reason =
        problem == EAI_SYSTEM ? std::generic_category().message(errno) : ::gai_strerror(problem);
    return fail(ErrorCode::kUnreachable, cannot_resolve(host, reason));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), each->ai_addr, each->ai_addrlen);
    endpoint.resize(each->ai_addrlen);
    addresses.push_back(endpoint.address());
  }
  if (addresses.empty()) {
    return fail(ErrorCode::kUnreachable, cannot_resolve(host, "it has none"));
  }
  return addresses;
}

// Signals are for the other threads.
void start_thread(std::function<void()> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread(std::move(work)).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

std::optional<Addresses> local_addresses(std::string_view host) {
  if (host == "localhost") {
    return Addresses{asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  }
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return std::nullopt;
  return Addresses{address};
}

asio::awaitable<Result<Addresses>> resolve(std::string host,
                                           std::chrono::steady_clock::time_point deadline) {
  if (auto known = local_addresses(host)) co_return std::move(*known);

  const auto executor = co_await asio::this_coro::executor;
  auto answer = std::make_shared<Pending<Addresses>>(executor);
  const auto lookup = std::make_shared<Lookup>(executor, answer);
  const Waiting waiting(lookup);
  start_thread([lookup, host] { lookup->set(look_up(host)); });
  asio::steady_timer timer(executor, deadline);
  timer.async_wait([answer, host](boost::system::error_code error) {
    if (error) return;
    answer->set(fail(ErrorCode::kUnreachable, cannot_resolve(host, "no answer in time")));
  });
  co_return co_await wait_for(answer);
}

}  // namespace bb::client
