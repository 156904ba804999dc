#include "cli/letter_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <utility>

#include "base/bytes.h"
#include "cli/dead_letter.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using client::Delivery;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// Of bodies, at a time.
constexpr std::size_t kBatchBytes = std::size_t{8} << 20;
// RabbitMQ gives back what the consumers of a lost channel had in the order of at most 32
// consumers: the larger a batch, the more messages that is.
constexpr std::size_t kBatchMessagesMax = 4096;
constexpr std::size_t kBatchGrowth = 8;
// After so long without a message the broker is asked whether there are more.
constexpr std::chrono::milliseconds kQuiet{50};
// In a row: once that there are none, because the answer may overtake those on their way; and that
// there are some, which somebody else is to get.
constexpr int kEmptyAnswers = 2;
constexpr int kWithheldAnswers = 100;
constexpr int kCountAnswers = 5;
constexpr std::chrono::milliseconds kBackPause{20};
constexpr int kBackAnswers = 100;
// RabbitMQ 4 has this limit where none is set; the versions before have none.
constexpr std::int64_t kDefaultLimit = 20;

std::string server_text(const client::Connection& connection, std::string_view name) {
  const amqp::FieldValue* const value = connection.server_properties().find(name);
  const std::string* const text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? std::string() : *text;
}

bool has_default_limit(const client::Connection& connection) {
  const std::string version = server_text(connection, "version");
  const std::size_t digits = version.find_first_not_of("0123456789");
  // "3.10.8", "4.0.1", "10.0"
  return server_text(connection, "product") == "RabbitMQ" &&
         (digits > 1 || (!version.empty() && version.front() >= '4')) && digits != 0;
}

}  // namespace

struct LetterScan::Inbox {
  explicit Inbox(const asio::any_io_executor& executor) : timer(executor) {}

  std::vector<Delivery> deliveries;
  bool cancelled = false;
  asio::steady_timer timer;  // cancelled by each that comes
};

awaitable<Result<std::unique_ptr<LetterScan>>> LetterScan::open(client::Connection& connection,
                                                                ScannedQueue queue) {
  const auto executor = co_await asio::this_coro::executor;
  if (!queue.delivery_limit && has_default_limit(connection)) queue.delivery_limit = kDefaultLimit;
  auto channel = co_await connection.open_channel();
  if (!channel) co_return fail(std::move(channel).error());
  if (auto enabled = channel->enable_confirms(); !enabled) {
    co_return fail(std::move(enabled).error());
  }
  auto inbox = std::make_shared<Inbox>(executor);
  channel->on_closed([inbox](const Error&) { inbox->timer.cancel(); });
  std::unique_ptr<LetterScan> scan(
      new LetterScan(connection, *std::move(channel), std::move(queue), std::move(inbox)));
  if (auto counted = co_await scan->count_waiting(); !counted) {
    co_return fail(std::move(counted).error());
  }
  co_return std::move(scan);
}

LetterScan::LetterScan(client::Connection& connection, client::Channel channel, ScannedQueue queue,
                       std::shared_ptr<Inbox> inbox)
    : connection_(connection),
      channel_(std::move(channel)),
      queue_(std::move(queue)),
      inbox_(std::move(inbox)) {}

LetterScan::~LetterScan() = default;

awaitable<Result<void>> LetterScan::count_waiting() {
  auto ready = co_await ready_count();
  if (!ready) co_return fail(std::move(ready).error());
  total_ = *ready;
  if (total_ > 0) co_return Result<void>{};
  const auto found = co_await get_one();
  if (!found) co_return fail(found.error());
  for (int asked = 0; *found && total_ == 0 && asked < kCountAnswers; ++asked) {
    if (asked > 0) {
      inbox_->timer.expires_after(kBackPause);
      (void)co_await inbox_->timer.async_wait(kTuple);
    }
    ready = co_await ready_count();
    if (!ready) co_return fail(std::move(ready).error());
    total_ = *ready;
  }
  if (*found) ++total_;
  co_return Result<void>{};
}

// What waits is with the next batch. RabbitMQ says 0 of a quorum queue that has not told in 250 ms
// how many wait: only an answer to a basic.get says that there are none.
awaitable<Result<bool>> LetterScan::get_one() {
  const std::string queue = queue_.name;
  auto got = co_await channel_.get(queue, /*no_ack=*/false);
  if (!got) co_return fail(std::move(got).error());
  if (!*got) co_return false;
  inbox_->deliveries.push_back(**std::move(got));
  co_return true;
}

awaitable<Result<void>> LetterScan::next() {
  if (auto kept = co_await renew_batch(); !kept) co_return kept;
  plan_next_batch();
  batch_.clear();
  const std::size_t wanted = std::min(batch_max_, total_ - taken_);
  if (wanted == 0 || at_end_) co_return Result<void>{};
  if (auto done = co_await channel_.set_prefetch(static_cast<std::uint16_t>(wanted)); !done) {
    co_return done;
  }
  client::ConsumeOptions options;
  // What they hold is given back in the order of these names, and what basic.get got among them: of
  // a quorum queue under the number of its delivery. '!' is before all digits.
  options.consumer_tag = fmt::format("!bb-dlq-{:06}", ++consumers_);
  std::function<void(Delivery)> on_delivery = [inbox = inbox_](Delivery delivery) {
    inbox->deliveries.push_back(std::move(delivery));
    inbox->timer.cancel();
  };
  std::function<void()> on_cancelled = [inbox = inbox_] {
    inbox->cancelled = true;
    inbox->timer.cancel();
  };
  const std::string queue = queue_.name;
  auto tag =
      co_await channel_.consume(queue, options, std::move(on_delivery), std::move(on_cancelled));
  if (!tag) co_return fail(std::move(tag).error());
  const std::string consumer = *std::move(tag);
  if (auto filled = co_await fill(wanted); !filled) co_return filled;
  if (auto cancelled = co_await channel_.cancel(consumer); !cancelled) co_return cancelled;
  batch_ = std::exchange(inbox_->deliveries, {});
  taken_ += batch_.size();
  for (const Delivery& delivery : batch_) {
    removed_.resize(std::max<std::size_t>(removed_.size(), delivery.delivery_tag), false);
  }
  co_return Result<void>{};
}

// Until there are as many or the broker has no more.
awaitable<Result<void>> LetterScan::fill(std::size_t wanted) {
  int empty = 0;
  int withheld = 0;
  while (inbox_->deliveries.size() < wanted) {
    if (!channel_.is_open()) co_return fail(channel_.failure());
    if (inbox_->cancelled) {
      co_return fail(ErrorCode::kNotFound,
                     fmt::format("the queue '{}' was deleted meanwhile", queue_.name));
    }
    const std::size_t before = inbox_->deliveries.size();
    inbox_->timer.expires_after(kQuiet);
    (void)co_await inbox_->timer.async_wait(kTuple);
    if (inbox_->deliveries.size() == before) {
      const auto ready = co_await ready_count();
      if (!ready) co_return fail(ready.error());
      if (inbox_->deliveries.size() == before) {
        ++(*ready == 0 ? empty : withheld);
        if (empty == kEmptyAnswers) {
          const auto found = co_await get_one();
          if (!found) co_return fail(found.error());
          at_end_ = !*found;
          if (at_end_) co_return Result<void>{};
          empty = 0;
        }
        if (withheld == kWithheldAnswers) {
          co_return fail(ErrorCode::kTimeout,
                         fmt::format("the broker keeps {} messages of the queue '{}' for another "
                                     "consumer of it: see 'bb consumers --queue {}'",
                                     *ready, queue_.name, queue_.name));
        }
        continue;
      }
    }
    empty = withheld = 0;
  }
  co_return Result<void>{};
}

Result<void> LetterScan::remove(const Delivery& delivery) {
  removed_[delivery.delivery_tag - 1] = true;
  return channel_.ack(delivery.delivery_tag);
}

awaitable<Result<void>> LetterScan::finish() {
  if (auto kept = co_await renew_batch(); !kept) co_return kept;
  batch_.clear();
  if (std::ranges::count(removed_, true) > 0) {
    if (auto flushed = co_await flush_removals(); !flushed) co_return flushed;
  }
  const auto held = static_cast<std::size_t>(std::ranges::count(removed_, false));
  // All at once: nacked one by one, RabbitMQ's classic queues look through the queue for each.
  if (auto closed = co_await channel_.close(); !closed) co_return closed;
  if (held == 0) co_return Result<void>{};
  auto opened = co_await connection_.open_channel();
  if (!opened) co_return fail(std::move(opened).error());
  channel_ = *std::move(opened);
  if (auto back = co_await wait_until_back(held); !back) co_return back;
  co_return co_await channel_.close();
}

// RabbitMQ's channels hold back acknowledgements for a quorum queue while 32 commands for it are
// under way, and forget them when they are closed. A basic.get is such a command, and is answered
// when it is done: the first lets those under way come to their end, whereupon the channel sends
// the others, and the second waits for these.
awaitable<Result<void>> LetterScan::flush_removals() {
  const std::string queue = queue_.name;
  for (int i = 0; i < 2; ++i) {
    const auto got = co_await channel_.get(queue, /*no_ack=*/false);
    if (!got) co_return fail(got.error());
    // It arrived meanwhile, and goes back.
    if (*got) removed_.resize((*got)->delivery_tag, false);
  }
  co_return Result<void>{};
}

// Whoever comes next is to find them: brokers put back what a channel held after they have answered
// its close.
awaitable<Result<void>> LetterScan::wait_until_back(std::size_t count) {
  for (int asked = 0; asked < kBackAnswers; ++asked) {
    const auto ready = co_await ready_count();
    if (!ready) co_return fail(ready.error());
    if (*ready >= count) break;
    inbox_->timer.expires_after(kBackPause);
    (void)co_await inbox_->timer.async_wait(kTuple);
  }
  co_return Result<void>{};
}

awaitable<Result<std::size_t>> LetterScan::ready_count() {
  client::QueueOptions options;
  options.passive = true;
  const std::string queue = queue_.name;
  auto info = co_await channel_.declare_queue(queue, options);
  if (!info) co_return fail(std::move(info).error());
  co_return info->message_count;
}

bool LetterScan::would_be_dropped(const Delivery& delivery) const {
  if (!queue_.delivery_limit || removed_[delivery.delivery_tag - 1]) return false;
  const amqp::FieldTable headers = headers_of(delivery);
  const amqp::FieldValue* const count = headers.find("x-delivery-count");
  // Without one it is in no quorum queue, or has never come back.
  if (count == nullptr) return *queue_.delivery_limit == 0;
  return count->as_integer().value_or(0) >= *queue_.delivery_limit;
}

awaitable<Result<void>> LetterScan::renew_batch() {
  for (const Delivery& delivery : batch_) {
    if (!would_be_dropped(delivery)) continue;
    const std::string headers = amqp::encode_table_content(renewed_headers(delivery));
    client::OutgoingMessage message;
    message.routing_key = queue_.name;
    message.properties = delivery.properties();
    message.properties.headers = as_bytes(headers);
    message.properties.user_id.reset();  // a broker refuses somebody else's name
    message.body = delivery.body;
    const auto confirm = co_await channel_.publish_and_wait(message);
    if (!confirm) co_return fail(confirm.error());
    if (confirm->nacked || confirm->returned) {
      co_return fail(ErrorCode::kNacked,
                     fmt::format("the queue '{}' takes no more messages, and drops those that are "
                                 "looked at once more (x-delivery-limit)",
                                 queue_.name));
    }
    if (auto removed = remove(delivery); !removed) co_return removed;
  }
  co_return Result<void>{};
}

// By how large the last ones were.
void LetterScan::plan_next_batch() {
  if (batch_.empty()) return;
  std::size_t bytes = 0;
  for (const Delivery& delivery : batch_) bytes += delivery.body.size();
  const std::size_t average = std::max<std::size_t>(bytes / batch_.size(), 1);
  batch_max_ = std::clamp<std::size_t>(kBatchBytes / average, 1,
                                       std::min(batch_max_ * kBatchGrowth, kBatchMessagesMax));
}

}  // namespace bb::cli
