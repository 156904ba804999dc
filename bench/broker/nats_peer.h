// NATS JetStream: a stream in files, consumers to which the server pushes, AckAll.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "broker/peer.h"

namespace bb::bench::nats {

class NatsLink final : public Link {
 public:
  explicit NatsLink(std::uint16_t port);
  // Over a connection that needs no handshake.
  explicit NatsLink(Descriptor connected) : Link(std::move(connected)) {}

  void send(std::string_view text) { send_all(socket.get(), text); }
  // Asks JetStream's API; an answer with an error ends the program unless it is allowed.
  void request(std::string_view subject, std::string_view json, bool may_fail = false);
  // What comes are confirms, not events.
  void expect_confirms() { confirms_ = true; }

  Template publish_template(std::size_t body_bytes) const override;
  void parse(Events& events) override;
  std::string acknowledgement() const override;
  void settle() override;

 private:
  void wait_for_pong();
  bool take_one(std::string_view bytes, Events& events, std::size_t& taken);

  bool confirms_ = false;
  std::string reply_;  // of the last event
  std::uint64_t pongs_ = 0;
};

class NatsPeer final : public Peer {
 public:
  explicit NatsPeer(std::uint16_t port) : port_(port) {}

  void set_up(std::size_t queues) override;
  void tear_down(std::size_t queues) override;
  std::unique_ptr<Link> publisher(std::size_t queues) override;
  std::unique_ptr<Link> consumer(std::size_t queue, std::size_t prefetch) override;
  std::unique_ptr<Link> idle() override;

 private:
  std::uint16_t port_;
};

}  // namespace bb::bench::nats
