// The client library under load.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "client/publisher.h"
#include "client/subscriber.h"
#include "measure.h"
#include "modes.h"

namespace bb::bench {
namespace {

namespace asio = boost::asio;
using client::Outcome;
using std::chrono::milliseconds;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t kAckEvery = 250;

client::ConnectorOptions connector_options(const Job& job) {
  client::ConnectorOptions options;
  for (const std::string& url : job.urls) {
    auto parsed = amqp::parse_url(url);
    if (parsed) options.urls.push_back(*std::move(parsed));
  }
  options.connect.connection_name = "client_bench";
  return options;
}

client::PublisherOptions publisher_options(const Job& job) {
  client::PublisherOptions options;
  options.connector = connector_options(job);
  options.exchange = job.exchange;
  options.unsettled_max = job.window;
  return options;
}

client::OutgoingMessage message_with(const std::string& body) {
  client::OutgoingMessage message;
  message.routing_key = "bench.client.sent";
  message.body = body;
  message.properties.content_type = "application/json";
  message.properties.delivery_mode = 2;
  return message;
}

// The coroutine's text is printed; an empty one is a failure.
int run(asio::awaitable<std::string> (*work)(Job), const Job& job) {
  asio::io_context context(1);
  std::string printed;
  asio::co_spawn(context, work(job), [&](const std::exception_ptr& thrown, std::string text) {
    if (!thrown) printed = std::move(text);
    context.stop();
  });
  context.run();
  std::fputs(printed.c_str(), stdout);
  if (printed.empty()) std::fputs("client_bench: failed\n", stderr);
  return printed.empty() ? 1 : 0;
}

std::string figures(std::uint64_t count, const Stopwatch& watch) {
  return fmt::format("{{\"count\":{},\"wall_s\":{:.6f},\"cpu_s\":{:.6f}}}\n", count, watch.wall_s(),
                     watch.cpu_s());
}

asio::awaitable<std::string> publish_all(Job job) {
  client::Publisher publisher(co_await asio::this_coro::executor, publisher_options(job));
  std::uint64_t good = 0;
  publisher.on_settled([&good](std::uint64_t, const Outcome& outcome) { good += outcome ? 1 : 0; });
  const auto connected = co_await publisher.wait_connected(milliseconds(10'000));
  if (!connected) co_return "";
  const std::string body(job.body_bytes, 'x');
  const client::OutgoingMessage message = message_with(body);
  const Stopwatch watch;
  for (std::uint64_t i = 0; i < job.count;) {
    if (publisher.publish(message)) {
      ++i;
    } else {
      co_await publisher.ready(body.size());
    }
  }
  co_await publisher.flush();
  std::string text = figures(job.count, watch);
  (void)co_await publisher.close(milliseconds(5000));
  co_return good == job.count ? text : "";
}

asio::awaitable<std::string> receive_all(Job job) {
  const auto executor = co_await asio::this_coro::executor;
  client::ConnectorOptions options = connector_options(job);
  options.connect.url = options.urls.front();
  auto connected = co_await client::Connection::connect(options.connect);
  if (!connected) co_return "";
  client::Connection connection = *std::move(connected);
  auto opened = co_await connection.open_channel();
  if (!opened) co_return "";
  client::Channel channel = *std::move(opened);
  const auto limited = co_await channel.set_prefetch(static_cast<std::uint16_t>(job.window));
  if (!limited) co_return "";
  std::uint64_t received = 0;
  std::uint64_t bytes = 0;
  asio::steady_timer done(executor, asio::steady_timer::time_point::max());
  std::function<void(client::Delivery)> on_delivery = [&](const client::Delivery& delivery) {
    bytes += delivery.body.size();
    if (++received % kAckEvery == 0 || received == job.count) {
      (void)channel.ack(delivery.delivery_tag, /*multiple=*/true);
    }
    if (received == job.count) done.cancel();
  };
  const client::ConsumeOptions consume;
  const Stopwatch watch;
  auto consumer = co_await channel.consume(job.queue, consume, std::move(on_delivery));
  if (!consumer) co_return "";
  if (received < job.count) co_await done.async_wait(kTuple);
  std::string text = figures(received, watch);
  co_await connection.close();
  co_return bytes == job.count* job.body_bytes ? text : "";
}

asio::awaitable<client::Handled> handle_one(client::Attempt) {
  co_return client::Handled::done();
}

asio::awaitable<std::string> handle_all(Job job) {
  client::SubscriberOptions options;
  options.connector = connector_options(job);
  options.exchange = job.exchange;
  options.patterns.emplace_back("#");
  options.queue = job.queue;
  options.prefetch = static_cast<std::uint16_t>(job.window);
  options.concurrency = job.window;
  options.finish_max = job.count;
  client::Handler handler = handle_one;
  client::Subscriber subscriber(co_await asio::this_coro::executor, std::move(options),
                                std::move(handler));
  const Stopwatch watch;
  const auto ended = co_await subscriber.run(milliseconds(10'000));
  co_return ended ? figures(subscriber.counts().handled, watch) : "";
}

asio::awaitable<std::string> measure_latency(Job job) {
  client::Publisher publisher(co_await asio::this_coro::executor, publisher_options(job));
  const auto connected = co_await publisher.wait_connected(milliseconds(10'000));
  if (!connected) co_return "";
  const std::string body(job.body_bytes, 'x');
  std::vector<double> times_us;
  for (std::uint64_t i = 0; i < job.count; ++i) {
    const Stopwatch watch;
    const client::OutgoingMessage message = message_with(body);
    const auto outcome = co_await publisher.publish_and_wait(message);
    if (!outcome) co_return "";
    times_us.push_back(watch.wall_s() * 1e6);
  }
  std::ranges::sort(times_us);
  const auto at = [&](double share) {
    return times_us[static_cast<std::size_t>(share * static_cast<double>(times_us.size() - 1))];
  };
  co_return fmt::format("{{\"p50_us\":{:.1f},\"p99_us\":{:.1f}}}\n", at(0.5), at(0.99));
}

// Until the publisher takes no more; the broker is a child of nobody here, and goes on afterwards.
asio::awaitable<std::string> fill(Job job) {
  client::PublisherOptions options = publisher_options(job);
  options.unsettled_max = SIZE_MAX;  // its bound in bytes alone
  const std::uint64_t bytes_max = options.unsettled_bytes_max;
  const auto executor = co_await asio::this_coro::executor;
  client::Publisher publisher(executor, std::move(options));
  const auto connected = co_await publisher.wait_connected(milliseconds(10'000));
  if (!connected) co_return "";
  const std::string body(job.body_bytes, 'x');
  const client::OutgoingMessage message = message_with(body);
  const double before = resident_mib();
  ::kill(static_cast<pid_t>(job.stalled_pid), SIGSTOP);
  std::uint64_t taken = 0;
  asio::steady_timer pause(executor);
  for (int refused = 0; refused < 20;) {
    if (publisher.publish(message)) {
      ++taken;
      continue;
    }
    // What it has written meanwhile makes no room: nothing is confirmed.
    ++refused;
    pause.expires_after(milliseconds(50));
    co_await pause.async_wait(kTuple);
  }
  const double after = resident_mib();
  ::kill(static_cast<pid_t>(job.stalled_pid), SIGCONT);
  co_await publisher.flush();
  co_return fmt::format(
      "{{\"taken\":{},\"bound_mib\":{},\"before_mib\":{:.1f},\"after_mib\":{:.1f}}}\n", taken,
      bytes_max >> 20, before, after);
}

// One message after the other, for ever.
asio::awaitable<std::string> publish_for_ever(Job job) {
  const auto executor = co_await asio::this_coro::executor;
  client::Publisher publisher(executor, publisher_options(job));
  const auto now_ms = [] {
    return std::chrono::duration<double, std::milli>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  };
  publisher.on_connection([&](const Error* lost) {
    if (lost != nullptr) {
      fmt::print("lost {:.3f}\n", now_ms());
      std::fflush(stdout);
    }
  });
  const std::string body(job.body_bytes, 'x');
  asio::steady_timer pause(executor);
  for (;;) {
    const client::OutgoingMessage message = message_with(body);
    const auto outcome = co_await publisher.publish_and_wait(message);
    fmt::print("{} {:.3f}\n", outcome ? "confirmed" : "failed", now_ms());
    std::fflush(stdout);
    pause.expires_after(milliseconds(1));
    co_await pause.async_wait(kTuple);
  }
}

}  // namespace

int publish(const Job& job) {
  return run(publish_all, job);
}
int receive(const Job& job) {
  return run(receive_all, job);
}
int handle(const Job& job) {
  return run(handle_all, job);
}
int latency(const Job& job) {
  return run(measure_latency, job);
}
int stall(const Job& job) {
  return run(fill, job);
}
int reconnect(const Job& job) {
  return run(publish_for_ever, job);
}

}  // namespace bb::bench
