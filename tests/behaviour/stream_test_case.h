// Words for tests of streams.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {

class StreamTest : public BehaviourTest {
 public:
  std::string declare_stream(WireChannel& channel, amqp::FieldTable arguments = {}) {
    arguments.set("x-queue-type", "stream");
    return channel.declare({.queue = unique("stream"), .durable = true, .arguments = arguments});
  }
  // Waits until the stream has them.
  void publish(WireChannel& channel, const std::string& stream, int from, int to) {
    WireChannel publisher = open_channel(channel.client(), 99);
    publisher.call(amqp::confirm::Select{});
    for (int i = from; i <= to; ++i) publisher.publish("", stream, fmt::format("m{}", i));
    publisher.expect_confirms(static_cast<std::uint64_t>(to - from + 1));
    publisher.call(amqp::channel::Close{});
  }
  // A stream with messages m0, m1, ...
  std::string stream_of(WireChannel& channel, int count) {
    const std::string stream = declare_stream(channel);
    publish(channel, stream, 0, count - 1);
    return stream;
  }

  static void set_prefetch(WireChannel& channel, std::uint16_t count) {
    channel.call(amqp::basic::Qos{.prefetch_count = count});
  }
  // Consumes with room for `prefetch` messages, from there.
  static std::string read(WireChannel& channel, const std::string& stream,
                          const amqp::FieldValue& offset, std::uint16_t prefetch = 100,
                          Where where = Where::current()) {
    set_prefetch(channel, prefetch);
    return std::string(
        channel
            .call(amqp::basic::Consume{.queue = stream, .arguments = {{"x-stream-offset", offset}}},
                  where)
            .consumer_tag);
  }
  static std::int64_t offset_of(const Delivery& delivery) {
    const auto headers = *amqp::decode_table(*delivery.properties.headers);
    return *headers.find("x-stream-offset")->as_integer();
  }
  // The deliveries that come next are m<from>, m<from + 1>, ... up to m<to>.
  static Delivery expect_messages(WireChannel& channel, int from, int to,
                                  Where where = Where::current()) {
    Delivery delivery;
    for (int i = from; i <= to; ++i) {
      delivery = channel.expect_delivery_of(fmt::format("m{}", i), where);
      EXPECT_EQ(offset_of(delivery), i) << where.line();
      EXPECT_FALSE(delivery.redelivered) << where.line();
    }
    return delivery;
  }
  void remove(WireChannel& channel, const std::string& stream) {
    channel.send(amqp::queue::Delete{.queue = stream, .no_wait = true});
  }

  static std::string in_vhost(const std::string& stream) {
    return fmt::format("queue '{}' in vhost '/'", stream);
  }
};

}  // namespace bb::test
