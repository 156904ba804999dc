#include "client/spool_drainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "amqp/return_text.h"
#include "client/channel.h"

namespace bb::client {
namespace {

// What was sent and not answered for: sequence numbers of the channel follow one another.
class InFlight {
 public:
  using OnPublished = std::function<void(const SpoolEntry&)>;
  InFlight(SpoolDrain& drain, DrainReport& report, std::function<void()> on_progress,
           OnPublished on_published)
      : drain_(drain),
        report_(report),
        on_progress_(std::move(on_progress)),
        on_published_(std::move(on_published)) {}

  // `entry` is there until it is confirmed.
  void sent(std::uint64_t sequence, const SpoolEntry& entry) {
    if (entries_.empty()) first_ = sequence;
    entries_.push_back(&entry);
  }
  // Nothing is in flight.
  void end_batch() { entries_.clear(); }

  void on_confirm(const Confirm& confirm) {
    if (failure || entries_.empty() || confirm.sequence < first_) return;
    const SpoolEntry& entry = *entries_[confirm.sequence - first_];
    const std::uint64_t number = entry.number;
    const bool in_history = confirm.return_text == amqp::kKeptInHistory;
    Result<void> done;
    if (confirm.nacked) {
      done = drain_.set_aside(number, "the broker refused it");
      ++report_.refused;
    } else if (confirm.returned && !in_history) {
      done = drain_.set_aside(number, "no queue received it");
      ++report_.refused;
    } else {
      done = drain_.done(number);
      ++report_.published;
      if (on_published_) on_published_(entry);
    }
    if (!done) failure = done.error();
    report_.last_number = std::max(report_.last_number, number);
    on_progress_();
  }

  std::optional<Error> failure;

 private:
  SpoolDrain& drain_;
  DrainReport& report_;
  const std::function<void()> on_progress_;
  const OnPublished on_published_;
  std::deque<const SpoolEntry*> entries_;
  std::uint64_t first_ = 0;
};

boost::asio::awaitable<Result<void>> drain_on(SpoolDrain& drain, Channel& channel,
                                              DrainReport& report,
                                              std::function<void()> on_progress,
                                              std::set<std::string> declared,
                                              std::function<void(const SpoolEntry&)> on_published) {
  const auto in_flight =
      std::make_shared<InFlight>(drain, report, std::move(on_progress), std::move(on_published));
  channel.on_confirm([in_flight](const Confirm& confirm) { in_flight->on_confirm(confirm); });
  Result<void> result;
  while (result) {
    auto batch = drain.next_batch();
    if (!batch) {
      result = fail(std::move(batch).error());
      break;
    }
    if (batch->empty()) break;
    for (const SpoolEntry& entry : *batch) {
      if (!entry.exchange.empty() && declared.insert(entry.exchange).second) {
        ExchangeOptions exchange;
        exchange.no_wait = true;
        result = co_await channel.declare_exchange(entry.exchange, exchange);
        if (!result) break;
      }
      const auto sent = channel.publish(entry.message());
      if (!sent) {
        result = fail(sent.error());
        break;
      }
      in_flight->sent(*sent, entry);
      if (result = co_await channel.writable(); !result) break;
    }
    // Batch by batch: what is in flight is bounded, and the spool's marks are synced together.
    if (result) result = co_await channel.wait_unconfirmed_at_most(0);
    in_flight->end_batch();
    if (result && in_flight->failure) result = fail(*in_flight->failure);
  }
  channel.on_confirm({});
  co_return result;
}

}  // namespace

boost::asio::awaitable<Result<void>> drain_spool(
    SpoolDrain& drain, Connection& connection, DrainReport& report,
    std::function<void()> on_progress, std::set<std::string> declared,
    std::function<void(const SpoolEntry&)> on_published) {
  auto opened = co_await connection.open_channel();
  if (!opened) co_return fail(std::move(opened).error());
  Channel channel = *std::move(opened);
  if (auto enabled = channel.enable_confirms(); !enabled) co_return enabled;
  auto drained = co_await drain_on(drain, channel, report, std::move(on_progress),
                                   std::move(declared), std::move(on_published));
  auto closed = drain.close();
  co_return drained ? closed : drained;
}

}  // namespace bb::client
