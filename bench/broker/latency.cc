// Publish to receive in an open loop, and one confirmed event after the other.

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <thread>

#include "broker/endpoint.h"
#include "broker/modes.h"
#include "broker/peer.h"

namespace bb::bench {
namespace {

constexpr std::uint64_t kPrefetch = 2000;
constexpr std::uint64_t kAcknowledgeEvery = 50;
constexpr double kWarmUpShare = 0.1;

class ConfirmCount final : public Events {
 public:
  void on_confirmed(std::uint64_t number) override { count += number; }
  void on_event(std::string_view) override { fail("an event for a publisher"); }
  std::uint64_t count = 0;
};

void sleep_until(std::uint64_t due_ns) {
  const timespec due{static_cast<time_t>(due_ns / 1'000'000'000),
                     static_cast<long>(due_ns % 1'000'000'000)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
}

// One event at its time each, whatever the broker does. An event bears the time of its send; or,
// when the one before it blocked beyond that, the time at which it was due: a broker that holds
// the publisher up does not look better for it.
void publish_paced(Link& link, std::uint64_t events, std::uint64_t rate) {
  prctl(PR_SET_TIMERSLACK, 1);
  EventBuffer buffer(link, 1);
  ConfirmCount confirmed;
  const std::uint64_t begin = now_ns() + 10'000'000;
  for (std::uint64_t i = 0; i < events; ++i) {
    const std::uint64_t due = begin + i * 1'000'000'000 / rate;
    std::uint64_t sent = due;
    if (now_ns() < due) {
      sleep_until(due);
      sent = now_ns();
    }
    buffer.stamp(0, {i, sent});
    send_all(link.socket.get(), buffer.first(1));
    while (link.inbox.receive(link.socket.get(), false)) link.parse(confirmed);
  }
  while (confirmed.count < events) {
    link.inbox.receive(link.socket.get(), true);
    link.parse(confirmed);
  }
}

}  // namespace

void latency(Arguments& arguments) {
  const auto peer = make_peer(arguments.text("peer", "classic"),
                              static_cast<std::uint16_t>(arguments.number("port", 5672)));
  const std::uint64_t rate = arguments.number("rate", 1000);
  const std::uint64_t events = rate * arguments.number("seconds", 10);
  arguments.finish();
  peer->set_up(1);
  {
    Consumer consumer(peer->consumer(0, kPrefetch), events, kAcknowledgeEvery);
    const auto publisher = peer->publisher(1);
    std::thread receiving([&] { run({&consumer}); });
    publish_paced(*publisher, events, rate);
    receiving.join();
    consumer.link().settle();

    std::vector<std::uint64_t>& times = consumer.latencies_ns();
    if (times.size() != events) fail("{} times for {} events", times.size(), events);
    const auto warm_up = static_cast<std::ptrdiff_t>(kWarmUpShare * static_cast<double>(events));
    times.erase(times.begin(), times.begin() + warm_up);
    fmt::print(
        "{{\"p50_us\": {:.1f}, \"p99_us\": {:.1f}, \"p999_us\": {:.1f}, \"max_us\": {:.1f}}}\n",
        quantile(times, 0.5) / 1e3, quantile(times, 0.99) / 1e3, quantile(times, 0.999) / 1e3,
        quantile(times, 1) / 1e3);
  }
  peer->tear_down(1);
}

void confirm_one(Arguments& arguments) {
  const auto peer = make_peer(arguments.text("peer", "classic"),
                              static_cast<std::uint16_t>(arguments.number("port", 5672)));
  const std::uint64_t seconds_max = arguments.number("seconds", 5);
  arguments.finish();
  peer->set_up(1);
  std::vector<std::uint64_t> times;
  double seconds = 0;
  {
    const auto link = peer->publisher(1);
    EventBuffer buffer(*link, 1);
    ConfirmCount confirmed;
    const std::uint64_t begin = now_ns();
    for (std::uint64_t end = begin; end - begin < seconds_max * 1'000'000'000;) {
      const std::uint64_t sent = end;
      buffer.stamp(0, {confirmed.count, 0});
      send_all(link->socket.get(), buffer.first(1));
      const std::uint64_t due = confirmed.count + 1;
      while (confirmed.count < due) {
        link->inbox.receive(link->socket.get(), true);
        link->parse(confirmed);
      }
      end = now_ns();
      times.push_back(end - sent);
    }
    seconds = seconds_since(begin);
  }
  // What was confirmed must be there.
  {
    Consumer consumer(peer->consumer(0, kPrefetch), times.size(), kAcknowledgeEvery);
    run({&consumer});
    consumer.link().settle();
  }
  peer->tear_down(1);
  const auto events = static_cast<double>(times.size());
  fmt::print("{{\"events_per_s\": {:.0f}, \"p50_us\": {:.1f}, \"p99_us\": {:.1f}}}\n",
             events / seconds, quantile(times, 0.5) / 1e3, quantile(times, 0.99) / 1e3);
}

}  // namespace bb::bench
