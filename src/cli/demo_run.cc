#include "cli/demo_run.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "cli/planned_event.h"
#include "cli/wakeup.h"
#include "client/channel.h"
#include "client/connection.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::uint16_t kPrefetch = 256;

// The two ends and what is known of each event. On the heap: handlers share it.
struct Play {
  Play(const DemoJob& demo_job, const asio::any_io_executor& executor)
      : job(demo_job),
        changed(executor),
        sent_at(job.events.size()),
        received(job.events.size(), false) {
    const Timestamp start =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const auto causes = session_causes(job.events);
    for (std::size_t i = 0; i < job.events.size(); ++i) {
      Envelope envelope;
      envelope.event_id = Uuid::v7(std::chrono::system_clock::now());
      envelope.event_type = job.events[i].event_type;
      envelope.timestamp = start + job.events[i].offset;
      envelope.source.host = "demo";
      envelope.source.type = SourceType::kAgent;
      envelope.source.app = envelope.event_type.starts_with("tonny.") ? "tonny" : "whisperlivekit";
      if (causes[i]) envelope.correlation_ids.push_back(envelopes[*causes[i]].event_id);
      envelope.payload = job.events[i].payload;
      index_of.emplace(envelope.event_id, i);
      envelopes.push_back(std::move(envelope));
    }
    for (const SessionEvent& answer : job.events) {
      if (answer.in_reply_to.empty()) continue;
      const auto said =
          std::ranges::find(job.events, answer.in_reply_to, &SessionEvent::segment_id);
      if (said == job.events.end()) continue;
      report.dialogue = envelopes[static_cast<std::size_t>(said - job.events.begin())].event_id;
      break;
    }
  }

  void on_confirm(const client::Confirm& confirm) {
    ++answered;
    if (!confirm.nacked && !confirm.returned) ++report.confirmed;
    changed.notify();
  }

  void on_delivery(const client::Delivery& delivery) {
    const auto now = Clock::now();
    const auto envelope = parse_envelope(delivery.body);
    const auto found = envelope ? index_of.find(envelope->event_id) : index_of.end();
    if (found == index_of.end() || received[found->second]) {
      ++report.unexpected;
    } else {
      received[found->second] = true;
      ++report.received;
      report.latencies.push_back(now - sent_at[found->second]);
      job.on_received(job.events[found->second],
                      std::chrono::duration_cast<std::chrono::milliseconds>(now - started_at));
    }
    // A failure shows in what the broker says is left.
    (void)subscriber->ack(delivery.delivery_tag);
    changed.notify();
  }

  const DemoJob& job;
  Wakeup changed;
  std::vector<Envelope> envelopes;  // as job.events
  std::map<Uuid, std::size_t> index_of;
  std::vector<Clock::time_point> sent_at;
  std::vector<bool> received;
  Clock::time_point started_at;
  std::size_t answered = 0;
  std::string queue;
  std::optional<client::Channel> publisher;
  std::optional<client::Channel> subscriber;
  DemoReport report;
};
using PlayPointer = std::shared_ptr<Play>;

asio::awaitable<Result<void>> subscribe(PlayPointer play) {
  client::Channel& channel = *play->subscriber;
  client::ExchangeOptions exchange_options;
  auto declared = co_await channel.declare_exchange(play->job.exchange, exchange_options);
  if (!declared) co_return declared;
  client::QueueOptions queue_options;
  queue_options.durable = false;
  queue_options.exclusive = true;
  const std::string any_name;
  auto queue = co_await channel.declare_queue(any_name, queue_options);
  if (!queue) co_return fail(std::move(queue).error());
  play->queue = queue->name;
  const std::string everything = "#";
  const amqp::FieldTable no_arguments;
  auto bound =
      co_await channel.bind_queue(play->queue, play->job.exchange, everything, no_arguments);
  if (!bound) co_return bound;
  auto limited = co_await channel.set_prefetch(kPrefetch);
  if (!limited) co_return limited;
  client::ConsumeOptions options;
  Play* const raw = play.get();  // which owns the channel that holds the handler
  std::function<void(client::Delivery)> on_delivery = [raw](const client::Delivery& delivery) {
    raw->on_delivery(delivery);
  };
  std::function<void()> on_cancelled;
  auto consumer = co_await channel.consume(play->queue, options, std::move(on_delivery),
                                           std::move(on_cancelled));
  if (!consumer) co_return fail(std::move(consumer).error());
  co_return Result<void>();
}

Result<void> publish_event(Play& play, std::size_t index) {
  const PlannedEvent event = plan_event(play.envelopes[index], serialize(play.envelopes[index]));
  const client::OutgoingMessage message = to_message(event, play.job.exchange);
  play.sent_at[index] = Clock::now();
  if (const auto sent = play.publisher->publish(message); !sent) return fail(sent.error());
  ++play.report.published;
  return {};
}

asio::awaitable<void> sleep_until(Clock::time_point when) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, when);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<Result<void>> publish_all(PlayPointer play) {
  if (auto enabled = play->publisher->enable_confirms(); !enabled) co_return enabled;
  Play* const raw = play.get();
  play->publisher->on_confirm([raw](const client::Confirm& confirm) { raw->on_confirm(confirm); });
  const auto& events = play->job.events;
  const auto recorded = std::max(events.back().offset, std::chrono::milliseconds(1));
  const double factor = std::min(1.0, static_cast<double>(play->job.duration_max.count()) /
                                          static_cast<double>(recorded.count()));
  play->started_at = Clock::now();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto offset = std::chrono::duration_cast<Clock::duration>(events[i].offset * factor);
    co_await sleep_until(play->started_at + offset);
    if (auto sent = publish_event(*play, i); !sent) co_return sent;
  }
  while (play->answered < events.size() || play->report.received < events.size()) {
    if (!play->publisher->is_open()) co_return fail(play->publisher->failure());
    if (!play->subscriber->is_open()) co_return fail(play->subscriber->failure());
    co_await play->changed.wait();
  }
  co_return Result<void>();
}

// What was not acknowledged goes back to the queue when its channel closes, and is counted when the
// queue is deleted.
asio::awaitable<Result<void>> count_acknowledged(PlayPointer play, client::Connection& connection) {
  if (auto closed = co_await play->subscriber->close(); !closed) co_return closed;
  auto channel = co_await connection.open_channel();
  if (!channel) co_return fail(std::move(channel).error());
  auto left = co_await channel->delete_queue(play->queue);
  if (!left) co_return fail(std::move(left).error());
  play->report.acknowledged =
      play->report.received - std::min<std::size_t>(play->report.received, *left);
  co_return Result<void>();
}

asio::awaitable<Result<client::Connection>> connect(const DemoJob& job, std::string name) {
  client::ConnectOptions options;
  options.url = job.url;
  options.connection_name = std::move(name);
  return client::Connection::connect(std::move(options));
}

}  // namespace

asio::awaitable<Result<DemoReport>> play_session(const DemoJob& job) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto publishing = co_await connect(job, "bb demo, publisher");
  if (!publishing) co_return fail(std::move(publishing).error());
  auto receiving = co_await connect(job, "bb demo, subscriber");
  if (!receiving) co_return fail(std::move(receiving).error());
  const auto play = std::make_shared<Play>(job, executor);
  auto publisher = co_await publishing->open_channel();
  if (!publisher) co_return fail(std::move(publisher).error());
  play->publisher.emplace(*std::move(publisher));
  auto subscriber = co_await receiving->open_channel();
  if (!subscriber) co_return fail(std::move(subscriber).error());
  play->subscriber.emplace(*std::move(subscriber));

  if (auto done = co_await subscribe(play); !done) co_return fail(std::move(done).error());
  if (auto done = co_await publish_all(play); !done) co_return fail(std::move(done).error());
  if (auto done = co_await count_acknowledged(play, *receiving); !done) {
    co_return fail(std::move(done).error());
  }
  co_await publishing->close();
  co_await receiving->close();
  co_return std::move(play->report);
}

}  // namespace bb::cli
