#include "cli/subscription.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <utility>

#include "base/try.h"
#include "bloodbank/envelope.h"
#include "cli/async_output.h"
#include "cli/history_reader.h"
#include "cli/wakeup.h"
#include "client/channel.h"
#include "client/cloud_message.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using client::Delivery;

// One write holds as many waiting events as fit; each is acknowledged after that write.
constexpr std::size_t kBatchBytes = 64 << 10;

// What happens while the printing coroutine is elsewhere: deliveries, signals, the end of the time.
// Everything runs on one executor.
class Inbox {
 public:
  Inbox(const asio::any_io_executor& executor, Runner& runner)
      : output(executor, STDOUT_FILENO),
        runner_(runner),
        wake_(executor),
        time_(executor),
        end_(executor) {}

  // From now on a stop is an orderly one: before, there is nothing to bring to its end.
  // `end_at`: when the history's part is over.
  void start(Deadline& deadline, std::optional<Timestamp> end_at) {
    runner_.on_signal([this] { stop(StopReason::kInterrupted); });
    output.on_reader_gone([this] { stop(StopReason::kReaderGone); });
    if (end_at) {
      end_.expires_at(std::chrono::time_point_cast<std::chrono::system_clock::duration>(*end_at));
      end_.async_wait([this](const boost::system::error_code& error) {
        if (!error) stop(StopReason::kEnd);
      });
    }
    if (deadline.at == Deadline().at) return;
    time_.expires_at(std::exchange(deadline, Deadline()).at);
    time_.async_wait([this](const boost::system::error_code& error) {
      if (!error) stop(StopReason::kTimeout);
    });
  }

  void push(Delivery delivery) {
    client::read_cloud_event(delivery);
    deliveries.push_back(std::move(delivery));
    wake_.notify();
  }
  void fail(Error error) {
    if (!failure) failure = std::move(error);
    wake_.notify();
  }
  void stop(StopReason reason) {
    if (stop_reason) return;
    stop_reason = reason;
    output.stop();
    wake_.notify();
  }

  // Ends the waits for signals, time and the reader. Called before the end of its life.
  void finish() {
    runner_.on_signal({});
    time_.cancel();
    end_.cancel();
    output.stop();
  }

  asio::awaitable<void> wait() {
    while (deliveries.empty() && !failure && !stop_reason) co_await wake_.wait();
  }

  std::deque<Delivery> deliveries;
  std::optional<Error> failure;
  std::optional<StopReason> stop_reason;
  AsyncOutput output;

 private:
  Runner& runner_;
  Wakeup wake_;
  asio::steady_timer time_;
  asio::system_timer end_;
};

// Where events come from.
struct EventSource {
  std::string queue;
  amqp::FieldTable arguments;          // of the consumer
  std::optional<HistoryOffset> begin;  // brokers begin with the chunk that it is in
  std::optional<HistoryOffset> end;    // the first that is not wanted any more
  std::optional<Timestamp> end_at;     // when the part is over, whatever has come
  bool is_empty = false;               // and stays so
};

// Arguments of coroutines are named first here: of temporaries in a co_await expression g++ 12
// destroys some twice.

asio::awaitable<Result<EventSource>> declare(client::Channel& channel, const SubscribeJob& job) {
  client::ExchangeOptions exchange_options;
  if (auto done = co_await channel.declare_exchange(job.exchange, exchange_options); !done) {
    co_return fail(std::move(done).error());
  }
  client::QueueOptions queue_options;
  queue_options.durable = job.queue.has_value();
  queue_options.exclusive = !job.queue;
  const std::string name = job.queue.value_or("");
  auto queue = co_await channel.declare_queue(name, queue_options);
  if (!queue) co_return fail(std::move(queue).error());
  const amqp::FieldTable no_arguments;
  for (const std::string& pattern : job.patterns) {
    auto bound = co_await channel.bind_queue(queue->name, job.exchange, pattern, no_arguments);
    if (!bound) co_return fail(std::move(bound).error());
  }
  EventSource source;
  source.queue = std::move(queue->name);
  co_return source;
}

asio::awaitable<Result<EventSource>> find_history(client::Connection& connection,
                                                  const SubscribeJob& job) {
  EventSource source;
  source.queue = history_queue(job.exchange);
  auto extent = co_await history_extent(connection, source.queue);
  if (!extent) co_return fail(std::move(extent).error());
  const HistoryRange& range = *job.history;
  std::variant<HistoryRange::First, HistoryOffset, Timestamp> from;
  if (const auto* const last = std::get_if<HistoryRange::Last>(&range.from)) {
    EventChoice choice(job.choice);
    const std::function<bool(const Delivery&)> wanted = [&choice](const Delivery& delivery) {
      return choice.wants(delivery.routing_key, delivery.body).value_or(false);
    };
    auto start = co_await find_last(connection, source.queue, *extent, last->count, wanted);
    if (!start) co_return fail(std::move(start).error());
    from = *start;
  } else if (const auto* const offset = std::get_if<HistoryOffset>(&range.from)) {
    from = *offset;
  } else if (const auto* const time = std::get_if<Timestamp>(&range.from)) {
    from = *time;
  }
  if (range.until) {
    const auto* const moment = std::get_if<Timestamp>(&*range.until);
    if (moment == nullptr) {
      source.end = std::get<HistoryOffset>(*range.until);
    } else if (*moment > std::chrono::system_clock::now()) {
      source.end_at = *moment;
    } else {
      source.end = extent->end;
    }
  }
  const auto* const time = std::get_if<Timestamp>(&from);
  if (source.end && *source.end <= extent->first) {
    source.is_empty = true;
  } else if (source.end && *source.end <= extent->end && time != nullptr) {
    // Where nothing came since, nothing comes that would tell.
    auto since = co_await find_since(connection, source.queue, *extent, *time);
    if (!since) co_return fail(std::move(since).error());
    source.is_empty = !*since;
    if (*since) from = **since;
  }
  if (const auto* const offset = std::get_if<HistoryOffset>(&from)) source.begin = *offset;
  if (source.begin && source.end && *source.begin >= *source.end) source.is_empty = true;
  source.arguments = consume_from(from);
  co_return source;
}

asio::awaitable<Result<void>> consume(client::Channel& channel, const EventSource& source,
                                      Inbox& inbox) {
  client::ConsumeOptions options;
  options.arguments = source.arguments;
  const std::string queue = source.queue;
  std::function<void(Delivery)> on_delivery = [&inbox](Delivery delivery) {
    inbox.push(std::move(delivery));
  };
  std::function<void()> on_cancelled = [&inbox, queue] {
    inbox.fail(
        {ErrorCode::kNotFound,
         fmt::format("the broker ended the subscription: the queue '{}' was deleted", queue)});
  };
  auto consumer =
      co_await channel.consume(queue, options, std::move(on_delivery), std::move(on_cancelled));
  if (!consumer) co_return fail(std::move(consumer).error());
  co_return Result<void>();
}

// The next deliveries, and how many of them are in the text.
struct Batch {
  std::size_t deliveries = 0;
  std::size_t events = 0;
  std::size_t invalid = 0;
  std::optional<HistoryOffset> last_offset;
  bool is_last = false;  // of the history's part
  std::string text;
};

// Makes text, or files, of events.
class Renderer {
 public:
  Renderer(const SubscribeJob& job, const EventSource& source, EventPrinter& printer)
      : job_(job),
        begin_(source.begin),
        end_(source.end),
        printer_(printer),
        dump_(job.dump),
        choice_(job.choice) {}

  // Of what has come, as many as fit. Errors: of the dump.
  Result<Batch> render(const std::deque<Delivery>& deliveries, std::uint64_t count_max) {
    Batch batch;
    for (const Delivery& delivery : deliveries) {
      if (batch.events == count_max || batch.text.size() >= kBatchBytes || batch.is_last) break;
      ++batch.deliveries;
      if (job_.history && !is_in_part(delivery, batch)) continue;
      if (!is_chosen(delivery)) continue;
      BB_TRY(add(delivery, batch));
      ++batch.events;
    }
    return batch;
  }

 private:
  bool is_in_part(const Delivery& delivery, Batch& batch) const {
    const auto offset = offset_of(delivery);
    if (!offset) return true;
    if (end_ && *offset + 1 >= *end_) batch.is_last = true;
    if (end_ && *offset >= *end_) return false;
    batch.last_offset = offset;
    return !begin_ || *offset >= *begin_;
  }

  // What cannot be read, or takes too long to look at, is not chosen.
  bool is_chosen(const Delivery& delivery) {
    const auto chosen = choice_.wants(delivery.routing_key, delivery.body);
    if (!chosen) job_.on_notice(chosen.error().message);
    return chosen && *chosen;
  }

  bool is_valid(const Delivery& delivery) {
    const auto event = parse_any_envelope(delivery.body);
    if (!event) return false;  // the printer says so
    const auto checked = job_.gate->check(
        event->event_type, {.text = event->payload, .source = "payload"}, "/payload");
    if (!checked) {
      job_.on_invalid(fmt::format("{}: {}", event->event_id.to_string(), checked.error().message));
    }
    return checked || job_.gate->is_unchecked();
  }

  Result<void> add(const Delivery& delivery, Batch& batch) {
    if (job_.gate != nullptr && !is_valid(delivery)) ++batch.invalid;
    const auto properties = delivery.properties();
    const ReceivedMessage message{delivery.routing_key, properties.content_type, delivery.body};
    if (dump_) {
      BB_TRY(dump_->write(message));
      return {};
    }
    Rendered rendered = printer_.render(message);
    if (rendered.notice) job_.on_notice(*rendered.notice);
    batch.text += rendered.output;
    return {};
  }

  const SubscribeJob& job_;
  const std::optional<HistoryOffset> begin_;
  const std::optional<HistoryOffset> end_;
  EventPrinter& printer_;
  std::optional<EventDump> dump_;
  EventChoice choice_;
};

asio::awaitable<Result<void>> print_events(client::Channel& channel, Inbox& inbox,
                                           const SubscribeJob& job, Renderer& renderer,
                                           SubscribeReport& report) {
  while (true) {
    if (job.count_max && report.printed >= *job.count_max) {
      report.reason = StopReason::kCount;
      co_return Result<void>();
    }
    co_await inbox.wait();
    if (inbox.stop_reason) {
      report.reason = *inbox.stop_reason;
      co_return Result<void>();
    }
    if (inbox.deliveries.empty()) co_return fail(*inbox.failure);

    const std::uint64_t left = job.count_max ? *job.count_max - report.printed : UINT64_MAX;
    const auto rendered = renderer.render(inbox.deliveries, left);
    if (!rendered) co_return fail(rendered.error());
    const Batch& batch = *rendered;
    const auto written = co_await inbox.output.write(batch.text);
    if (!written && written.error().code == ErrorCode::kInterrupted) continue;
    if (!written) co_return fail(written.error());
    if (*written == Written::kReaderGone) {
      inbox.stop(StopReason::kReaderGone);
      continue;
    }
    const auto last = inbox.deliveries.begin() + static_cast<std::ptrdiff_t>(batch.deliveries);
    const auto acked = channel.ack((last - 1)->delivery_tag, /*multiple=*/true);
    report.printed += batch.events;
    report.invalid += batch.invalid;
    if (batch.last_offset) report.last_offset = batch.last_offset;
    inbox.deliveries.erase(inbox.deliveries.begin(), last);
    if (!acked) inbox.fail(acked.error());
    if (batch.is_last) {
      report.reason = StopReason::kEnd;
      co_return Result<void>();
    }
  }
}

asio::awaitable<Result<EventSource>> find_source(client::Connection& connection,
                                                 client::Channel& channel,
                                                 const SubscribeJob& job) {
  auto limited = co_await channel.set_prefetch(job.prefetch);
  if (!limited) co_return fail(std::move(limited).error());
  if (job.history) co_return co_await find_history(connection, job);
  co_return co_await declare(channel, job);
}

asio::awaitable<Result<void>> subscribe_and_print(client::Connection& connection,
                                                  client::Channel& channel, Inbox& inbox,
                                                  const SubscribeJob& job, EventPrinter& printer,
                                                  SubscribeReport& report, Deadline& deadline) {
  auto source = co_await find_source(connection, channel, job);
  if (!source) co_return fail(std::move(source).error());
  Result<void> result;
  if (source->is_empty) {
    report.reason = StopReason::kEnd;
    inbox.start(deadline, {});
  } else {
    if (auto consuming = co_await consume(channel, *source, inbox); !consuming) {
      co_return consuming;
    }
    inbox.start(deadline, source->end_at);
    job.on_subscribed();
    Renderer renderer(job, *source, printer);
    result = co_await print_events(channel, inbox, job, renderer, report);
  }
  inbox.finish();
  // Written after stop(): what does not fit into the pipe at once is left out.
  const std::string end = printer.finish();
  const auto finished = co_await inbox.output.write(end);
  if (result && !finished && finished.error().code == ErrorCode::kIo) {
    result = fail(finished.error());
  }
  co_return result;
}

}  // namespace

asio::awaitable<Result<void>> run_subscription(const SubscribeJob& job, EventPrinter& printer,
                                               SubscribeReport& report, Runner& runner,
                                               Deadline& deadline) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Inbox inbox(executor, runner);  // before the connection, whose handlers use it
  auto connected = co_await client::connect_to_any(job.connector);
  if (!connected) co_return fail(std::move(connected).error());
  client::Connection connection = *std::move(connected);
  auto opened = co_await connection.open_channel();
  if (!opened) co_return fail(std::move(opened).error());
  client::Channel channel = *std::move(opened);
  channel.on_closed([&inbox](const Error& error) { inbox.fail(error); });
  Result<void> result =
      co_await subscribe_and_print(connection, channel, inbox, job, printer, report, deadline);
  co_await connection.close();
  co_return result;
}

}  // namespace bb::cli
