#include "cli/event_publisher.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "amqp/return_text.h"
#include "base/try.h"
#include "cli/event_transfer_watch.h"
#include "client/channel.h"

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

boost::asio::awaitable<Result<void>> publish_events(const PublishJob& job, Deadline& deadline,
                                                    PublishProgress& progress) {
  auto connected = co_await client::Connection::connect(job.connect);
  if (!connected) co_return fail(std::move(connected).error());
  client::Connection connection = *std::move(connected);
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
