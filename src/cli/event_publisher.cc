#include "cli/event_publisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "amqp/return_text.h"
#include "base/try.h"
#include "cli/event_transfer_watch.h"
#include "client/channel.h"
#include "client/spool.h"
#include "client/spool_drainer.h"

namespace bb::cli {
namespace {

// Enough to keep a connection busy over any network, few enough to remember.
constexpr std::size_t kUnconfirmedMax = 1024;

// Puts confirms, which come in any order, back into the order of the events.
class Fates {
 public:
  Fates(const PublishJob& job, Deadline& deadline)
      : job_(job), deadline_(deadline), fates_(job.events.size(), Fate::kUnknown) {}

  void on_confirm(const client::Confirm& confirm) {
    // Sequence numbers count from 1 in the order of publishing.
    if (confirm.sequence == 0 || confirm.sequence > fates_.size()) return;
    fates_[confirm.sequence - 1] = fate_of(confirm);
    deadline_.move_to(job_.timeout);
    for (; settled_ < fates_.size() && fates_[settled_] != Fate::kUnknown; ++settled_) {
      job_.on_settled(job_.events[settled_], fates_[settled_]);
    }
  }

 private:
  const PublishJob& job_;
  Deadline& deadline_;
  std::vector<Fate> fates_;
  std::size_t settled_ = 0;  // reported to on_settled
};

// On a channel of its own: sequence numbers and confirms are apart.
boost::asio::awaitable<Result<void>> empty_spool(client::Connection& connection,
                                                 const SpoolFirst& from,
                                                 std::chrono::milliseconds timeout,
                                                 Deadline& deadline) {
  auto spool = client::Spool::open(from.spool_folder, client::SpoolOptions{});
  if (!spool) co_return fail(std::move(spool).error());
  auto drain = spool->try_begin_drain();
  if (!drain) co_return fail(std::move(drain).error());
  if (!*drain) {
    co_return fail(ErrorCode::kResourceLocked,
                   "another process is publishing the events that wait in the spool");
  }
  client::DrainReport report;
  std::function<void()> on_progress = [&] { deadline.move_to(timeout); };
  std::set<std::string> declared;
  std::function<void(const client::SpoolEntry&)> on_published = from.on_spool_published;
  auto drained = co_await client::drain_spool(**drain, connection, report, std::move(on_progress),
                                              std::move(declared), std::move(on_published));
  if (report.published > 0) {
    from.on_notice(fmt::format("bb: {} events of the spool are published", report.published));
  }
  if (report.refused > 0) {
    from.on_warning(fmt::format("{} events of the spool were refused: bb spool list --refused",
                                report.refused));
  }
  co_return drained;
}

boost::asio::awaitable<Result<void>> publish_on(client::Channel& channel, const PublishJob& job,
                                                Deadline& deadline, PublishProgress& progress,
                                                TransferWatch& transfer) {
  // Not waited for: if the exchange is of another kind, the channel closes with that error and the
  // wait for the confirms gives it.
  client::ExchangeOptions exchange;
  exchange.no_wait = true;
  if (auto declared = co_await channel.declare_exchange(job.exchange, exchange); !declared) {
    co_return declared;
  }
  if (auto enabled = channel.enable_confirms(); !enabled) co_return enabled;
  // The channel outlives this coroutine, and so may its handler.
  const auto fates = std::make_shared<Fates>(job, deadline);
  channel.on_confirm([fates](const client::Confirm& confirm) { fates->on_confirm(confirm); });

  for (const PlannedEvent& event : job.events) {
    if (const auto sent = channel.publish(to_message(event, job.exchange)); !sent) {
      co_return fail(sent.error());
    }
    transfer.published();
    ++progress.sent;
    if (channel.unconfirmed_count() >= kUnconfirmedMax) {
      if (auto waited = co_await channel.wait_unconfirmed_at_most(kUnconfirmedMax / 2); !waited) {
        co_return waited;
      }
    }
    if (auto ready = co_await channel.writable(); !ready) co_return ready;
  }
  co_return co_await channel.wait_unconfirmed_at_most(0);
}

}  // namespace

Fate fate_of(const client::Confirm& confirm) {
  if (confirm.nacked) return Fate::kRefused;
  if (!confirm.returned) return Fate::kPublished;
  return confirm.return_text == amqp::kKeptInHistory ? Fate::kInHistory : Fate::kUnroutable;
}

boost::asio::awaitable<Result<void>> publish_spool(client::Connection& connection,
                                                   const SpoolFirst& spool,
                                                   std::chrono::milliseconds timeout,
                                                   Deadline& deadline) {
  if (spool.spool_folder.empty() || client::Spool::is_empty(spool.spool_folder)) {
    co_return Result<void>{};
  }
  auto emptied = co_await empty_spool(connection, spool, timeout, deadline);
  if (emptied || !connection.is_open() || emptied.error().code == ErrorCode::kResourceLocked) {
    co_return emptied;
  }
  spool.on_warning(emptied.error().message);
  co_return Result<void>{};
}

boost::asio::awaitable<Result<void>> publish_events(const PublishJob& job, Deadline& deadline,
                                                    PublishProgress& progress) {
  auto connected = co_await client::connect_to_any(job.connector);
  if (!connected) co_return fail(std::move(connected).error());
  deadline.move_to(job.timeout);
  client::Connection connection = *std::move(connected);
  auto first = co_await publish_spool(connection, job, job.timeout, deadline);
  if (!first) co_return first;
  auto opened = co_await connection.open_channel();
  if (!opened) co_return fail(std::move(opened).error());
  client::Channel channel = *std::move(opened);
  const auto executor = co_await boost::asio::this_coro::executor;
  TransferWatch transfer(executor, connection, job.timeout, deadline);
  Result<void> result = co_await publish_on(channel, job, deadline, progress, transfer);
  co_await connection.close();
  co_return result;
}

}  // namespace bb::cli
