// Many connections, many queues and bindings.

#include <unistd.h>

#include <algorithm>

#include "broker/amqp_peer.h"
#include "broker/endpoint.h"
#include "broker/modes.h"
#include "broker/peer.h"

namespace bb::bench {
namespace {

constexpr std::uint64_t kPrefetch = 2000;
constexpr std::uint64_t kAcknowledgeEvery = 250;

// Microseconds of one publish to that queue, everything that was published received again.
double publish_us(amqp::AmqpPeer& peer, std::size_t queue, std::uint64_t events) {
  Publisher publisher(peer.topology_publisher(queue), events, 1000);
  const std::uint64_t begin = now_ns();
  run({&publisher});
  const double seconds = seconds_since(begin);
  Consumer consumer(peer.consumer(queue, kPrefetch), events, kAcknowledgeEvery);
  run({&consumer});
  consumer.link().settle();
  return seconds * 1e6 / static_cast<double>(events);
}

}  // namespace

void idle(Arguments& arguments) {
  const auto peer = make_peer(arguments.text("peer", "classic"),
                              static_cast<std::uint16_t>(arguments.number("port", 5672)));
  const std::uint64_t count = arguments.number("connections", 5000);
  arguments.finish();
  // The sockets alone: the inboxes of all of them would be gigabytes.
  std::vector<Descriptor> sockets;
  const std::uint64_t begin = now_ns();
  for (std::uint64_t i = 0; i < count; ++i) sockets.push_back(std::move(peer->idle()->socket));
  fmt::print("{{\"connections\": {}, \"seconds\": {:.3f}}}\n", sockets.size(),
             seconds_since(begin));
  std::fflush(stdout);
  for (char byte = 0; ::read(STDIN_FILENO, &byte, 1) > 0;) {
  }
}

void topology(Arguments& arguments) {
  amqp::AmqpPeer peer(arguments.text("peer", "classic"),
                      static_cast<std::uint16_t>(arguments.number("port", 5672)));
  const std::uint64_t events = arguments.number("events", 100'000);
  const std::uint64_t queues = arguments.number("queues", 10'000);
  const std::uint64_t bindings = arguments.number("bindings", 10);
  const std::uint64_t rounds = arguments.number("rounds", 3);
  arguments.finish();
  constexpr std::size_t kHandful = 5;
  std::vector<double> few;
  std::vector<double> many;
  double declared_seconds = 0;
  // A broker that has just started has no checkpoint to write and no segment to give back, and is
  // quicker for as long: both are measured after that.
  peer.set_up_topology(kHandful, bindings);
  for (int i = 0; i < 2; ++i) publish_us(peer, kHandful / 2, events);
  peer.tear_down_topology(kHandful);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    peer.set_up_topology(kHandful, bindings);
    publish_us(peer, kHandful / 2, events / 10);
    few.push_back(publish_us(peer, kHandful / 2, events));
    peer.tear_down_topology(kHandful);

    const std::uint64_t begin = now_ns();
    peer.set_up_topology(queues, bindings);
    declared_seconds = seconds_since(begin);
    publish_us(peer, queues / 2, events / 10);
    many.push_back(publish_us(peer, queues / 2, events));
    peer.tear_down_topology(queues);
  }
  std::ranges::sort(few);
  std::ranges::sort(many);
  fmt::print(
      "{{\"few_us\": {:.3f}, \"many_us\": {:.3f}, \"ratio\": {:.3f}, \"declared_s\": {:.2f}}}\n",
      few[few.size() / 2], many[many.size() / 2], many[many.size() / 2] / few[few.size() / 2],
      declared_seconds);
}

}  // namespace bb::bench
