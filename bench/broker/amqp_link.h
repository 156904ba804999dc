// A connection to bb serve or RabbitMQ, with one channel.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "broker/amqp_frames.h"
#include "broker/peer.h"

namespace bb::bench::amqp {

class AmqpLink final : public Link {
 public:
  // Logged in as guest, without a heartbeat; the channel is not open yet.
  explicit AmqpLink(std::uint16_t port);
  // Over a connection that needs no handshake: the client's own limit is measured with it.
  explicit AmqpLink(Descriptor connected) : Link(std::move(connected)) {}

  void open_channel();
  // Sends the method on the channel, waits for that answer and returns its arguments.
  std::string call(MethodId request, const Fields& arguments, MethodId answer);
  // The same for many at once: `methods` as they go over the wire, `count` of them.
  void call_many(std::string_view methods, std::size_t count, MethodId answer);

  void publish_to(std::string exchange, std::string routing_key);

  Template publish_template(std::size_t body_bytes) const override;
  void parse(Events& events) override;
  std::string acknowledgement() const override;
  void settle() override;

 private:
  std::string wait_for(MethodId answer);
  void on_method(std::string_view payload, Events& events);
  std::uint64_t confirm(std::uint64_t tag, bool multiple);

  std::string exchange_;
  std::string routing_key_;
  std::uint64_t body_bytes_expected_ = 0;
  std::uint64_t delivery_tag_ = 0;           // of the event whose body is due
  std::uint64_t received_tag_ = 0;           // of the last one whose body came
  std::uint64_t confirmed_below_ = 1;        // every tag below this one is confirmed
  std::set<std::uint64_t> confirmed_ahead_;  // and these: confirms may overtake each other
};

}  // namespace bb::bench::amqp
