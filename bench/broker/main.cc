// broker_bench MODE [--NAME VALUE...]: one client program for bb serve, RabbitMQ and NATS
// JetStream, with the same work for all: persistent events of 600 bytes, confirms, manual acks in
// batches. It checks that every event arrives once and in order. Started by bench/broker.py.

#include <string_view>

#include "broker/amqp_peer.h"
#include "broker/modes.h"
#include "broker/nats_peer.h"

namespace bb::bench {

std::unique_ptr<Peer> make_peer(const std::string& kind, std::uint16_t port) {
  if (kind == "jetstream") return std::make_unique<nats::NatsPeer>(port);
  return std::make_unique<amqp::AmqpPeer>(kind, port);
}

}  // namespace bb::bench

int main(int count, char** words) {
  using bb::bench::Arguments;
  struct Mode {
    std::string_view name;
    void (*run)(Arguments&);
  };
  constexpr Mode kModes[] = {
      {"throughput", bb::bench::throughput},
      {"fill", bb::bench::fill},
      {"drain", bb::bench::drain},
      {"latency", bb::bench::latency},
      {"confirm", bb::bench::confirm_one},
      {"idle", bb::bench::idle},
      {"topology", bb::bench::topology},
      {"validation", bb::bench::validation},
      {"soak", bb::bench::soak},
      {"limits", bb::bench::limits},
      {"disk", bb::bench::disk},
      {"client", bb::bench::client_limit},
  };
  const std::string_view wanted = count > 1 ? words[1] : "";
  for (const Mode& mode : kModes) {
    if (mode.name != wanted) continue;
    Arguments arguments(count - 2, words + 2);
    mode.run(arguments);
    return 0;
  }
  bb::bench::fail(
      "modes: throughput fill drain latency confirm idle topology validation soak limits disk "
      "client");
}
