#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "broker/endpoint.h"
#include "broker/modes.h"
#include "broker/peer.h"

namespace bb::bench {
namespace {

struct Settings {
  std::string kind;
  std::uint16_t port;
  std::uint64_t events;
  std::uint64_t window;
  std::uint64_t prefetch;
  std::uint64_t acknowledge_every;

  explicit Settings(Arguments& arguments)
      : kind(arguments.text("peer", "classic")),
        port(static_cast<std::uint16_t>(arguments.number("port", 5672))),
        events(arguments.number("events", 100'000)),
        window(arguments.number("window", 1000)),
        prefetch(arguments.number("prefetch", 2000)),
        acknowledge_every(arguments.number("acknowledge-every", 250)) {}

  std::unique_ptr<Consumer> consumer(Peer& peer, std::size_t queue) const {
    return std::make_unique<Consumer>(peer.consumer(queue, prefetch), events, acknowledge_every);
  }
};

// Receives everything and says how long that took.
double drain_seconds(Peer& peer, const Settings& settings) {
  const std::uint64_t begin = now_ns();
  const auto consumer = settings.consumer(peer, 0);
  run({consumer.get()});
  const double seconds = seconds_since(begin);
  consumer->link().settle();
  return seconds;
}

double publish_seconds(Peer& peer, const Settings& settings) {
  Publisher publisher(peer.publisher(1), settings.events, settings.window);
  const std::uint64_t begin = now_ns();
  run({&publisher});
  return seconds_since(begin);
}

void print_rate(const Settings& settings, double seconds, std::uint64_t deliveries,
                double client_cpu) {
  const auto events = static_cast<double>(settings.events);
  fmt::print(
      "{{\"events_per_s\": {:.0f}, \"deliveries_per_s\": {:.0f}, \"seconds\": {:.4f}, "
      "\"client_cpu_us_per_event\": {:.3f}}}\n",
      events / seconds, static_cast<double>(deliveries) / seconds, seconds,
      client_cpu * 1e6 / events);
}

}  // namespace

void throughput(Arguments& arguments) {
  const Settings settings(arguments);
  const std::uint64_t consumers_count = arguments.number("consumers", 1);
  const std::uint64_t threads = arguments.number("threads", 1);
  arguments.finish();
  const auto peer = make_peer(settings.kind, settings.port);
  const std::size_t queues = std::max<std::size_t>(1, consumers_count);
  peer->set_up(queues);

  std::vector<std::unique_ptr<Consumer>> consumers;
  std::vector<Endpoint*> endpoints;
  for (std::size_t queue = 0; queue < consumers_count; ++queue) {
    consumers.push_back(settings.consumer(*peer, queue));
    endpoints.push_back(consumers.back().get());
  }
  Publisher publisher(peer->publisher(queues), settings.events, settings.window);

  const double cpu_before = cpu_seconds();
  const std::uint64_t begin = now_ns();
  if (threads > 1 && !consumers.empty()) {
    std::thread receiving([&] { run(endpoints); });
    run({&publisher});
    receiving.join();
  } else {
    endpoints.insert(endpoints.begin(), &publisher);
    run(endpoints);
  }
  const double seconds = seconds_since(begin);
  const double cpu = cpu_seconds() - cpu_before;

  for (const auto& consumer : consumers) consumer->link().settle();
  // A publisher alone: what was confirmed must be there.
  if (consumers.empty()) drain_seconds(*peer, settings);
  consumers.clear();
  peer->tear_down(queues);
  print_rate(settings, seconds, settings.events * consumers_count, cpu);
}

void fill(Arguments& arguments) {
  const Settings settings(arguments);
  arguments.finish();
  const auto peer = make_peer(settings.kind, settings.port);
  peer->set_up(1);
  const double cpu_before = cpu_seconds();
  const double seconds = publish_seconds(*peer, settings);
  print_rate(settings, seconds, 0, cpu_seconds() - cpu_before);
}

void drain(Arguments& arguments) {
  const Settings settings(arguments);
  arguments.finish();
  const auto peer = make_peer(settings.kind, settings.port);
  const double cpu_before = cpu_seconds();
  const double seconds = drain_seconds(*peer, settings);
  const double cpu = cpu_seconds() - cpu_before;
  peer->tear_down(1);
  print_rate(settings, seconds, settings.events, cpu);
}

}  // namespace bb::bench
