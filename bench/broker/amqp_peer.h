// bb serve, or RabbitMQ with one type of its queues.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "broker/amqp_link.h"
#include "broker/peer.h"

namespace bb::bench::amqp {

class AmqpPeer final : public Peer {
 public:
  // Kinds as for make_peer().
  AmqpPeer(const std::string& kind, std::uint16_t port);

  void set_up(std::size_t queues) override;
  void tear_down(std::size_t queues) override;
  std::unique_ptr<Link> publisher(std::size_t queues) override;
  std::unique_ptr<Link> consumer(std::size_t queue, std::size_t prefetch) override;
  std::unique_ptr<Link> idle() override;

  // Queues `0` to `queues` - 1 on a topic exchange, each with `bindings` patterns: most of them
  // exact, every fifth with a `*` and one with `#`. All begin with "agent<queue>.".
  void set_up_topology(std::size_t queues, std::size_t bindings);
  void tear_down_topology(std::size_t queues);
  // Its events go to that queue alone.
  std::unique_ptr<Link> topology_publisher(std::size_t queue);

  // Queue 0 on a topic exchange with that policy (`x-schema-validation`; "off" sets none), for
  // events of one type.
  void set_up_validation(const std::string& policy, const std::string& event_type);
  void tear_down_validation();
  std::unique_ptr<Link> validation_publisher(const std::string& event_type);

 private:
  std::unique_ptr<AmqpLink> channel() const;
  void delete_queues(AmqpLink& link, std::size_t queues) const;

  std::uint16_t port_;
  Table arguments_;
  bool stream_;
};

}  // namespace bb::bench::amqp
