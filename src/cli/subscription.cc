#include "cli/subscription.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <utility>

#include "cli/async_output.h"
#include "cli/wakeup.h"
#include "client/channel.h"

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
      : output(executor, STDOUT_FILENO), runner_(runner), wake_(executor), time_(executor) {}

  // From now on a stop is an orderly one: before, there is nothing to bring to its end.
  void start(Deadline& deadline) {
    runner_.on_signal([this] { stop(StopReason::kInterrupted); });
    output.on_reader_gone([this] { stop(StopReason::kReaderGone); });
    if (deadline.at == Deadline().at) return;
    time_.expires_at(std::exchange(deadline, Deadline()).at);
    time_.async_wait([this](const boost::system::error_code& error) {
      if (!error) stop(StopReason::kTimeout);
    });
  }

  void push(Delivery delivery) {
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
};

// Arguments of coroutines are named first here: of temporaries in a co_await expression g++ 12
// destroys some twice.

asio::awaitable<Result<std::string>> declare(client::Channel& channel, const SubscribeJob& job) {
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
  auto limited = co_await channel.set_prefetch(job.prefetch);
  if (!limited) co_return fail(std::move(limited).error());
  co_return std::move(queue->name);
}

asio::awaitable<Result<void>> consume(client::Channel& channel, std::string queue, Inbox& inbox) {
  const client::ConsumeOptions options;
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
  std::string text;
};

// What cannot be read, or takes too long to look at, is not chosen.
bool is_chosen(const Delivery& delivery, const SubscribeJob& job, filter::FilterScratch& scratch) {
  if (!job.where) return true;
  const auto chosen = job.where->matches(delivery.body, scratch);
  if (!chosen) job.on_notice(chosen.error().message);
  return chosen && *chosen;
}

Batch render_batch(const Inbox& inbox, std::uint64_t count_max, EventPrinter& printer,
                   const SubscribeJob& job, filter::FilterScratch& scratch) {
  Batch batch;
  std::string& text = batch.text;
  for (const Delivery& delivery : inbox.deliveries) {
    if (batch.events == count_max || text.size() >= kBatchBytes) break;
    ++batch.deliveries;
    if (!is_chosen(delivery, job, scratch)) continue;
    const auto properties = delivery.properties();
    Rendered rendered =
        printer.render({delivery.routing_key, properties.content_type, delivery.body});
    if (rendered.notice) job.on_notice(*rendered.notice);
    text += rendered.output;
    ++batch.events;
  }
  return batch;
}

asio::awaitable<Result<void>> print_events(client::Channel& channel, Inbox& inbox,
                                           const SubscribeJob& job, EventPrinter& printer,
                                           SubscribeReport& report) {
  filter::FilterScratch scratch;
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
    const Batch batch = render_batch(inbox, left, printer, job, scratch);
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
    inbox.deliveries.erase(inbox.deliveries.begin(), last);
    if (!acked) inbox.fail(acked.error());
  }
}

asio::awaitable<Result<void>> subscribe_and_print(client::Channel& channel, Inbox& inbox,
                                                  const SubscribeJob& job, EventPrinter& printer,
                                                  SubscribeReport& report, Deadline& deadline) {
  auto queue = co_await declare(channel, job);
  if (!queue) co_return fail(std::move(queue).error());
  if (auto consuming = co_await consume(channel, *queue, inbox); !consuming) {
    co_return consuming;
  }
  inbox.start(deadline);
  job.on_subscribed();
  Result<void> result = co_await print_events(channel, inbox, job, printer, report);
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
  auto connected = co_await client::Connection::connect(job.connect);
  if (!connected) co_return fail(std::move(connected).error());
  client::Connection connection = *std::move(connected);
  auto opened = co_await connection.open_channel();
  if (!opened) co_return fail(std::move(opened).error());
  client::Channel channel = *std::move(opened);
  channel.on_closed([&inbox](const Error& error) { inbox.fail(error); });
  Result<void> result =
      co_await subscribe_and_print(channel, inbox, job, printer, report, deadline);
  co_await connection.close();
  co_return result;
}

}  // namespace bb::cli
