#include "client/spool_drainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "amqp/return_text.h"
#include "client/channel.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;

// The broker will not take an entry, whoever asks: its exchange is of another type, permissions are
// missing, it is too large. It says so by closing the channel.
bool is_refusal(ErrorCode code) {
  return code == ErrorCode::kPreconditionFailed || code == ErrorCode::kAccessRefused ||
         code == ErrorCode::kNotFound || code == ErrorCode::kContentTooLarge ||
         code == ErrorCode::kUsage;
}

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

  // `entry` is there until it is settled.
  void sent(std::uint64_t sequence, const SpoolEntry& entry) {
    if (entries_.empty()) first_ = sequence;
    entries_.push_back(&entry);
  }
  void begin_batch() { settled_.clear(); }
  // Nothing is in flight.
  void clear() { entries_.clear(); }

  void on_confirm(const Confirm& confirm) {
    if (failure || entries_.empty() || confirm.sequence < first_) return;
    const SpoolEntry& entry = *entries_[confirm.sequence - first_];
    const bool in_history = confirm.return_text == amqp::kKeptInHistory;
    if (confirm.nacked) {
      refuse(entry, "the broker refused it");
    } else if (confirm.returned && !in_history) {
      refuse(entry, "no queue received it");
    } else {
      settle(entry, drain_.done(entry.number));
      ++report_.published;
      if (on_published_) on_published_(entry);
    }
  }

  void refuse(const SpoolEntry& entry, std::string_view reason) {
    settle(entry, drain_.set_aside(entry.number, reason));
    ++report_.refused;
  }

  bool is_settled(const SpoolEntry& entry) const { return settled_.contains(entry.number); }

  std::optional<Error> failure;  // the spool's

 private:
  void settle(const SpoolEntry& entry, const Result<void>& done) {
    if (!done) failure = done.error();
    settled_.insert(entry.number);
    report_.last_number = std::max(report_.last_number, entry.number);
    on_progress_();
  }

  SpoolDrain& drain_;
  DrainReport& report_;
  const std::function<void()> on_progress_;
  const OnPublished on_published_;
  std::deque<const SpoolEntry*> entries_;
  std::uint64_t first_ = 0;
  std::set<std::uint64_t> settled_;  // of the batch
};

class Drainer {
 public:
  Drainer(Connection& connection, std::shared_ptr<InFlight> in_flight,
          std::set<std::string> declared)
      : connection_(connection), in_flight_(std::move(in_flight)), declared_(std::move(declared)) {}

  asio::awaitable<Result<void>> send_batch(const std::vector<SpoolEntry>& batch) {
    const std::set<std::string> declared = declared_;
    in_flight_->begin_batch();
    Result<void> sent = co_await send(batch);
    if (sent || !is_refusal(sent.error().code) || !connection_.is_open()) co_return sent;
    // One of those without an answer closed the channel: one by one it shows which.
    declared_ = declared;
    for (const SpoolEntry& entry : batch) {
      if (in_flight_->is_settled(entry)) continue;
      sent = co_await send(std::span(&entry, 1));
      if (sent) continue;
      if (!is_refusal(sent.error().code) || !connection_.is_open()) co_return sent;
      declared_ = declared;
      in_flight_->refuse(entry, sent.error().message);
      if (in_flight_->failure) co_return fail(*in_flight_->failure);
    }
    co_return Result<void>{};
  }

  void end() {
    if (channel_) channel_->on_confirm({});
  }

 private:
  asio::awaitable<Result<void>> open() {
    if (channel_ && channel_->is_open()) co_return Result<void>{};
    auto opened = co_await connection_.open_channel();
    if (!opened) co_return fail(std::move(opened).error());
    channel_ = *std::move(opened);
    if (auto enabled = channel_->enable_confirms(); !enabled) co_return enabled;
    channel_->on_confirm(
        [in_flight = in_flight_](const Confirm& confirm) { in_flight->on_confirm(confirm); });
    co_return Result<void>{};
  }

  // Sends all, and waits for their confirms.
  asio::awaitable<Result<void>> send(std::span<const SpoolEntry> entries) {
    in_flight_->clear();
    if (auto opened = co_await open(); !opened) co_return opened;
    for (const SpoolEntry& entry : entries) {
      if (!entry.exchange.empty() && declared_.insert(entry.exchange).second) {
        // Where the broker refuses it, what is in flight would have to be sent again.
        if (auto confirmed = co_await channel_->wait_unconfirmed_at_most(0); !confirmed) {
          co_return confirmed;
        }
        ExchangeOptions exchange;
        exchange.no_wait = true;
        auto declared = co_await channel_->declare_exchange(entry.exchange, exchange);
        if (!declared) co_return declared;
      }
      const auto sent = channel_->publish(entry.message());
      if (!sent) co_return fail(sent.error());
      in_flight_->sent(*sent, entry);
      if (auto ready = co_await channel_->writable(); !ready) co_return ready;
    }
    // Batch by batch: what is in flight is bounded, and the spool's marks are synced together.
    auto confirmed = co_await channel_->wait_unconfirmed_at_most(0);
    if (confirmed && in_flight_->failure) co_return fail(*in_flight_->failure);
    co_return confirmed;
  }

  Connection& connection_;
  const std::shared_ptr<InFlight> in_flight_;
  std::set<std::string> declared_;
  std::optional<Channel> channel_;
};

asio::awaitable<Result<void>> drain_all(SpoolDrain& drain, Drainer& drainer) {
  for (;;) {
    const auto batch = drain.next_batch();
    if (!batch) co_return fail(batch.error());
    if (batch->empty()) co_return Result<void>{};
    if (auto sent = co_await drainer.send_batch(*batch); !sent) co_return sent;
  }
}

}  // namespace

asio::awaitable<Result<void>> drain_spool(SpoolDrain& drain, Connection& connection,
                                          DrainReport& report, std::function<void()> on_progress,
                                          std::set<std::string> declared,
                                          std::function<void(const SpoolEntry&)> on_published) {
  auto in_flight =
      std::make_shared<InFlight>(drain, report, std::move(on_progress), std::move(on_published));
  Drainer drainer(connection, std::move(in_flight), std::move(declared));
  auto drained = co_await drain_all(drain, drainer);
  drainer.end();
  auto closed = drain.close();
  co_return drained ? closed : drained;
}

}  // namespace bb::client
