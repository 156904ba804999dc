// One publisher or one consumer of the resilience test (resilience.py), made of the client library
// alone.
//
//   resilience_agent publish --url URL --exchange X --name N --events COUNT --rate R
//   resilience_agent consume --url URL --exchange X --service S --name N --log FILE
//       [--quorum] [--ordered] [--deduplicate FILE] [--fail-percent P]
//
// A publisher numbers its events, and ends when each is settled: 0, and a line that counts. A
// consumer writes a line for each event that it has handled, "<publisher> <number>", to the end of
// the log that all consumers share; SIGTERM ends it. A poisoned event never succeeds.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "amqp/url.h"
#include "client/publisher.h"
#include "client/sqlite_deduplicator.h"
#include "client/subscriber.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace bb::client {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr int kPoisonedEvery = 500;
constexpr milliseconds kCloseTimeout{10'000};
constexpr milliseconds kFirstTimeout{120'000};

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "resilience_agent: {}\n", why);
  std::_Exit(1);
}

class Arguments {
 public:
  Arguments(int count, char** values) {
    for (int i = 2; i < count; ++i) {
      const std::string name = values[i];
      const bool has_value = i + 1 < count && std::string_view(values[i + 1]).substr(0, 2) != "--";
      values_[name] = has_value ? values[++i] : "";
    }
  }
  bool has(const std::string& name) const { return values_.contains(name); }
  std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) give_up(name + " is missing");
    return found->second;
  }
  int number(const std::string& name) const { return std::atoi(text(name).c_str()); }

 private:
  std::map<std::string, std::string> values_;
};

ConnectorOptions connector_options(const Arguments& arguments) {
  ConnectorOptions options;
  auto url = amqp::parse_url(arguments.text("--url"));
  if (!url) give_up(url.error().message);
  // What is stalled is found out within seconds.
  url->heartbeat_seconds = 2;
  options.urls = {*url};
  options.connect.connection_name = arguments.text("--name");
  options.connect.timeout = milliseconds(2000);
  return options;
}

asio::awaitable<void> publish_all(const Arguments& arguments) {
  const auto executor = co_await asio::this_coro::executor;
  PublisherOptions options;
  options.connector = connector_options(arguments);
  options.exchange = arguments.text("--exchange");
  options.unsettled_max = 1000;
  Publisher publisher(executor, std::move(options));
  int confirmed = 0;
  int failed = 0;
  publisher.on_settled([&](std::uint64_t number, const Outcome& outcome) {
    if (outcome) {
      ++confirmed;
    } else {
      ++failed;
      fmt::print(stderr, "event {}: {}\n", number, outcome.error().message);
    }
  });
  const std::string name = arguments.text("--name");
  const int events = arguments.number("--events");
  const int rate = arguments.number("--rate");
  asio::steady_timer timer(executor, std::chrono::steady_clock::now());
  for (int i = 0; i < events; ++i) {
    const bool poisoned = i % kPoisonedEvery == kPoisonedEvery / 2;
    const std::string body =
        fmt::format("{} {} {}", name, i, poisoned ? "poisoned" : std::string(200, '.'));
    const std::string id = fmt::format("{}-{}", name, i);
    OutgoingMessage message;
    message.routing_key = "resilience." + name;
    message.properties.message_id = id;
    message.properties.delivery_mode = 2;
    message.body = body;
    // Its text is the coroutine's own.
    const std::string key = "resilience." + name;
    message.routing_key = key;
    co_await publisher.ready();
    if (const auto taken = publisher.publish(message); !taken) give_up(taken.error().message);
    if (i % 10 == 9) {
      timer.expires_at(timer.expiry() + std::chrono::microseconds(10'000'000 / rate));
      co_await timer.async_wait(asio::use_awaitable);
    }
  }
  co_await publisher.flush();
  (void)co_await publisher.close(kCloseTimeout);
  fmt::print("{} {}\n", confirmed, failed);
}

class Log {
 public:
  explicit Log(const std::string& path)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (fd_ < 0) give_up("cannot open " + path);
  }
  void write(const std::string& line) const {
    if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      give_up("cannot write the log");
    }
  }

 private:
  int fd_;
};

asio::awaitable<void> consume(const Arguments& arguments, asio::signal_set& signals) {
  const auto executor = co_await asio::this_coro::executor;
  SubscriberOptions options;
  options.connector = connector_options(arguments);
  options.exchange = arguments.text("--exchange");
  options.patterns = {"resilience.#"};
  options.queue = service_queue(options.exchange, arguments.text("--service"));
  options.consumer = arguments.text("--name");
  options.retry.attempts_max = 6;
  options.retry.first = milliseconds(50);
  options.retry.factor = 2;
  if (arguments.has("--quorum")) options.queue_type = QueueType::kQuorum;
  if (arguments.has("--ordered")) {
    options.order_key = [](const Delivery& delivery) {
      return delivery.body.substr(0, delivery.body.find(' '));
    };
  }
  if (arguments.has("--deduplicate")) {
    SqliteDeduplicatorOptions file;
    file.path = arguments.text("--deduplicate");
    auto opened = SqliteDeduplicator::open(std::move(file));
    if (!opened) give_up(opened.error().message);
    options.deduplicator = *opened;
  }
  const int fail_percent = arguments.number("--fail-percent");
  std::mt19937 random(static_cast<unsigned>(::getpid()));
  const Log log(arguments.text("--log"));
  Handler handler = [&](Attempt attempt) -> asio::awaitable<Handled> {
    const std::string& body = attempt.delivery->body;
    if (body.ends_with("poisoned")) co_return Handled::failed("poisoned");
    if (static_cast<int>(random() % 100) < fail_percent && attempt.number < 4) {
      co_return Handled::failed("bad luck");
    }
    log.write(body.substr(0, body.rfind(' ')) + "\n");
    co_return Handled::done();
  };
  Subscriber subscriber(executor, std::move(options), std::move(handler));
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) subscriber.stop();
  });
  const auto ended = co_await subscriber.run(kFirstTimeout);
  if (!ended) give_up(ended.error().message);
  const SubscriberCounts& counts = subscriber.counts();
  fmt::print("{} {} {} {}\n", counts.handled, counts.failed, counts.dead_lettered,
             counts.duplicates);
}

}  // namespace
}  // namespace bb::client

int main(int count, char** values) {
  using namespace bb::client;
  const std::string mode = count < 2 ? "" : values[1];
  const Arguments arguments(count, values);
  boost::asio::io_context context(1);
  boost::asio::signal_set signals(context);
  if (mode == "publish") {
    boost::asio::co_spawn(context, publish_all(arguments), boost::asio::detached);
  } else if (mode == "consume") {
    signals.add(SIGTERM);
    boost::asio::co_spawn(context, consume(arguments, signals), boost::asio::detached);
  } else {
    give_up("publish or consume?");
  }
  context.run();
}
