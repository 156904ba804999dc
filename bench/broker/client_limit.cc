// This client against a counterpart that does nothing: confirms what it gets, or sends events
// that were made before. A broker's figure far below these is the broker's.

#include <sys/resource.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "broker/amqp_link.h"
#include "broker/endpoint.h"
#include "broker/modes.h"
#include "broker/nats_peer.h"

namespace bb::bench {
namespace {

constexpr std::size_t kSourceEvents = 200;

bool is_nats(const std::string& kind) {
  return kind == "jetstream";
}

std::unique_ptr<Link> make_link(const std::string& kind, Descriptor socket, bool publishes) {
  if (is_nats(kind)) {
    auto link = std::make_unique<nats::NatsLink>(std::move(socket));
    if (publishes) link->expect_confirms();
    return link;
  }
  auto link = std::make_unique<amqp::AmqpLink>(std::move(socket));
  if (publishes) link->publish_to("", "broker-bench.0");
  return link;
}

std::string confirms(const std::string& kind, std::uint64_t count, std::uint64_t last) {
  if (!is_nats(kind)) return amqp::method(1, amqp::kBasicAck, amqp::Fields().u64(last).u8(1));
  std::string bytes;
  for (std::uint64_t number = last - count + 1; number <= last; ++number) {
    const std::string body = fmt::format("{{\"stream\":\"BENCH\", \"seq\":{}}}", number);
    bytes += fmt::format("MSG _INBOX.confirms 1 {}\r\n{}\r\n", body.size(), body);
  }
  return bytes;
}

void confirm_everything(const std::string& kind, int socket, std::size_t event_bytes,
                        std::uint64_t events) {
  std::vector<char> buffer(512 << 10);
  std::size_t bytes = 0;
  for (std::uint64_t confirmed = 0; confirmed < events;) {
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) fail_errno("recv");
    bytes += static_cast<std::size_t>(got);
    const std::uint64_t whole = bytes / event_bytes;
    if (whole == confirmed) continue;
    send_all(socket, confirms(kind, whole - confirmed, whole));
    confirmed = whole;
  }
}

// A delivery as the brokers send it; the body is its end but for `tail` bytes.
std::string delivery(const std::string& kind, std::size_t& tail) {
  const std::string body(kBodyBytes, 'e');
  if (is_nats(kind)) {
    tail = 2;
    return fmt::format(
        "MSG bench.agent.tonny.event 2 $JS.ACK.BENCH.consumer0.1.1000.1000.1700000000000000000.0 "
        "{}\r\n{}\r\n",
        kBodyBytes, body);
  }
  tail = 1;
  amqp::Fields deliver;
  deliver.short_text("c").u64(1).u8(0).short_text("").short_text("broker-bench.0");
  amqp::Fields header;
  header.u16(60).u16(0).u64(kBodyBytes).u16(0x9000).short_text("application/json").u8(2);
  return amqp::method(1, amqp::kBasicDeliver, deliver) +
         amqp::frame(amqp::kHeaderFrame, 1, header.bytes()) +
         amqp::frame(amqp::kBodyFrame, 1, body);
}

void send_everything(const std::string& kind, int socket, std::uint64_t events) {
  std::size_t tail = 0;
  const std::string one = delivery(kind, tail);
  std::string bytes;
  for (std::size_t i = 0; i < kSourceEvents; ++i) bytes += one;
  for (std::uint64_t sent = 0; sent < events; sent += kSourceEvents) {
    for (std::size_t i = 0; i < kSourceEvents; ++i) {
      const Stamp stamp{sent + i, 0};
      std::memcpy(bytes.data() + (i + 1) * one.size() - tail - kBodyBytes, &stamp, sizeof stamp);
    }
    send_all(socket, bytes);
    // Acks are read as a broker reads them, and mean nothing here.
    char acks[4096];
    while (::recv(socket, acks, sizeof acks, MSG_DONTWAIT) > 0) {
    }
  }
}

double thread_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Rate {
  double per_second;
  double cpu_us;
};

Rate measure(Endpoint& endpoint, std::uint64_t events) {
  const double cpu_before = thread_cpu_seconds();
  const std::uint64_t begin = now_ns();
  run({&endpoint});
  const auto count = static_cast<double>(events);
  return {count / seconds_since(begin), (thread_cpu_seconds() - cpu_before) * 1e6 / count};
}

}  // namespace

void client_limit(Arguments& arguments) {
  const std::string kind = arguments.text("peer", "classic");
  const std::uint64_t events =
      arguments.number("events", 1'000'000) / kSourceEvents * kSourceEvents;
  arguments.finish();

  auto [near, far] = connected_pair();
  Publisher publisher(make_link(kind, std::move(near), true), events, 1000);
  const std::size_t event_bytes = publisher.link().publish_template(kBodyBytes).bytes.size();
  std::thread sink([&] { confirm_everything(kind, far.get(), event_bytes, events); });
  const Rate published = measure(publisher, events);
  sink.join();

  auto [consumer_end, source_end] = connected_pair();
  Consumer consumer(make_link(kind, std::move(consumer_end), false), events, 250);
  std::thread source([&] { send_everything(kind, source_end.get(), events); });
  const Rate received = measure(consumer, events);
  source.join();

  fmt::print(
      "{{\"published_per_s\": {:.0f}, \"publish_cpu_us\": {:.3f}, \"received_per_s\": {:.0f}, "
      "\"receive_cpu_us\": {:.3f}}}\n",
      published.per_second, published.cpu_us, received.per_second, received.cpu_us);
}

}  // namespace bb::bench
