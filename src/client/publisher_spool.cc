#include "client/publisher_spool.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "base/try.h"
#include "client/spool.h"
#include "client/spool_drainer.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
// Between looks whether another process has drained it.
constexpr std::chrono::milliseconds kOtherProcess{50};

}  // namespace

bool PublisherSpool::is_empty() const {
  return Spool::is_empty(folder_);
}

Result<void> PublisherSpool::append(std::span<const OutgoingMessage> messages) {
  BB_TRY_ASSIGN(Spool spool, Spool::open(folder_, SpoolOptions{}));
  BB_TRY(spool.append(messages, std::chrono::system_clock::now()));
  return {};
}

asio::awaitable<Result<void>> PublisherSpool::drain(Connection& connection,
                                                    const std::string& declared) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  while (!is_empty()) {
    auto drained = co_await drain_once(connection, declared);
    if (!drained && !connection.is_open()) co_return fail(std::move(drained).error());
    if (!drained) {
      tell(drained.error());
      break;
    }
    if (*drained) break;
    pause.expires_after(kOtherProcess);
    co_await pause.async_wait(kTuple);
    if (!connection.is_open()) {
      co_return fail(ErrorCode::kClosed, "the connection ended while the spool was drained");
    }
  }
  co_return Result<void>{};
}

// False where another process is at it.
asio::awaitable<Result<bool>> PublisherSpool::drain_once(Connection& connection,
                                                         const std::string& declared) {
  auto spool = Spool::open(folder_, SpoolOptions{});
  if (!spool) co_return fail(std::move(spool).error());
  auto begun = spool->try_begin_drain();
  if (!begun) co_return fail(std::move(begun).error());
  if (!*begun) co_return false;
  SpoolDrain drain = **std::move(begun);
  DrainReport report;
  std::function<void()> on_progress = [] {};
  std::set<std::string> there;
  there.insert(declared);
  std::function<void(const SpoolEntry&)> on_published = on_published_;
  auto drained = co_await drain_spool(drain, connection, report, std::move(on_progress),
                                      std::move(there), std::move(on_published));
  if (report.refused > 0) {
    tell({ErrorCode::kNacked,
          fmt::format("{} events of the spool {} were refused: bb spool list --refused",
                      report.refused, folder_)});
  }
  if (!drained) co_return fail(std::move(drained).error());
  co_return true;
}

}  // namespace bb::client
