// What the benchmarks ask of a broker, whatever protocol it speaks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "broker/socket.h"

namespace bb::bench {

// What came in from a broker.
class Events {
 public:
  virtual ~Events() = default;
  virtual void on_confirmed(std::uint64_t count) = 0;
  virtual void on_event(std::string_view body) = 0;
};

// One connection, ready to publish or already consuming. Protocol text is cut with as little
// parsing as tells confirms, events and errors apart; a refusal of the broker ends the program.
class Link {
 public:
  explicit Link(Descriptor connected) : socket(std::move(connected)) {}
  virtual ~Link() = default;

  // All bytes that publish one event with a body of this length, the body being the
  // `body_bytes` from `body_offset` on: made once, and patched from then on.
  struct Template {
    std::string bytes;
    std::size_t body_offset;
  };
  virtual Template publish_template(std::size_t body_bytes) const = 0;

  // Takes what is whole in the inbox.
  virtual void parse(Events& events) = 0;

  // The bytes that acknowledge every event received so far.
  virtual std::string acknowledgement() const = 0;

  // A round trip: what was sent before it has been processed.
  virtual void settle() = 0;

  Descriptor socket;
  Inbox inbox;
};

// One broker and the kind of its queues. Queues have the numbers 0, 1, ...
class Peer {
 public:
  virtual ~Peer() = default;

  // Durable queues, or their like, each of which receives every event. One is published to by
  // its name; several are bound to a fanout exchange. What was left from another run is gone.
  virtual void set_up(std::size_t queues) = 0;
  virtual void tear_down(std::size_t queues) = 0;

  // With confirms.
  virtual std::unique_ptr<Link> publisher(std::size_t queues) = 0;
  // From the oldest event on. At most `prefetch` events are not acknowledged.
  virtual std::unique_ptr<Link> consumer(std::size_t queue, std::size_t prefetch) = 0;
  // A client that is logged in and does nothing.
  virtual std::unique_ptr<Link> idle() = 0;
};

// `kind` is classic, classic-v2, lazy, quorum or stream (AMQP), or jetstream.
std::unique_ptr<Peer> make_peer(const std::string& kind, std::uint16_t port);

}  // namespace bb::bench
