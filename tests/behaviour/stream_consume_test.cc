// Reading streams: from any place, by any number of readers, and nothing is taken away.
#include <fmt/format.h>

#include <chrono>

#include "behaviour/stream_test_case.h"

namespace bb::test {
namespace {

class StreamReading : public StreamTest {};
INSTANTIATE_TEST_SUITE_P(, StreamReading, testing::Values("core", "bb", "rabbitmq"), broker_of);

TEST_P(StreamReading, IsReadFromTheBeginning) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 5);
  read(channel, stream, "first");
  expect_messages(channel, 0, 4);
  publish(channel, stream, 5, 7);
  expect_messages(channel, 5, 7);
  remove(channel, stream);
}

TEST_P(StreamReading, IsReadFromNowOnByDefault) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 5);
  set_prefetch(channel, 10);
  channel.call(amqp::basic::Consume{.queue = stream, .consumer_tag = "default"});
  channel.call(amqp::basic::Consume{
      .queue = stream, .consumer_tag = "next", .arguments = {{"x-stream-offset", "next"}}});
  publish(channel, stream, 5, 5);
  const Delivery one = channel.expect_delivery_of("m5");
  const std::string first_tag(one.consumer_tag);
  const Delivery two = channel.expect_delivery_of("m5");
  EXPECT_NE(first_tag, two.consumer_tag);
  EXPECT_EQ(offset_of(two), 5);
  remove(channel, stream);
}

// Where the last chunk begins is the broker's to say; it has the last message, and is not empty.
TEST_P(StreamReading, IsReadFromTheLast) {
  WireChannel channel = connected_channel();
  const std::string stream = declare_stream(channel);
  for (int i = 0; i < 3; ++i) publish(channel, stream, i, i);
  read(channel, stream, "last");
  expect_messages(channel, 2, 2);
  publish(channel, stream, 3, 3);
  expect_messages(channel, 3, 3);
  remove(channel, stream);
}

TEST_P(StreamReading, IsReadFromAnOffset) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 5);
  for (const std::int64_t offset : {0, 2, 4}) {
    const std::string tag = read(channel, stream, offset);
    expect_messages(channel, static_cast<int>(offset), 4);
    channel.call(amqp::basic::Cancel{.consumer_tag = tag});
  }
  read(channel, stream, -1);
  expect_messages(channel, 0, 4);
  remove(channel, stream);
}

TEST_P(StreamReading, IsReadFromAnOffsetThatIsStillToCome) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 5);
  read(channel, stream, 7);
  publish(channel, stream, 5, 9);
  expect_messages(channel, 7, 9);
  remove(channel, stream);
}

TEST_P(StreamReading, IsReadFromATime) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 3);
  const auto seconds =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  constexpr std::uint64_t kDay = 24 * 3600;
  const std::string tag = read(channel, stream, amqp::FieldTimestamp{0});
  expect_messages(channel, 0, 2);
  channel.call(amqp::basic::Cancel{.consumer_tag = tag});
  // What is to come is what comes next.
  read(channel, stream, amqp::FieldTimestamp{seconds + kDay});
  publish(channel, stream, 3, 3);
  expect_messages(channel, 3, 3);
  remove(channel, stream);
}

TEST_P(StreamReading, IsReadFromSomeTimeAgo) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 2);
  for (const char* age : {"1Y", "2M", "7D", "12h", "10m"}) {
    const std::string tag = read(channel, stream, age);
    expect_messages(channel, 0, 1);
    channel.call(amqp::basic::Cancel{.consumer_tag = tag});
  }
  remove(channel, stream);
}

TEST_P(StreamReading, RefusesAnOffsetThatIsNone) {
  for (const char* offset : {"5x", "0s"}) {
    WireChannel channel = connected_channel();
    const std::string stream = declare_stream(channel);
    set_prefetch(channel, 10);
    channel.send(amqp::basic::Consume{.queue = stream, .arguments = {{"x-stream-offset", offset}}});
    channel.expect_closed(406,
                          fmt::format("PRECONDITION_FAILED - invalid arg 'x-stream-offset' for {}: "
                                      "{{invalid_stream_offset_arg,{{longstr,<<\"{}\">>}}}}",
                                      in_vhost(stream), offset),
                          amqp::basic::Consume::kId);
  }
}

TEST_P(StreamReading, WantsAPrefetchOfItsConsumers) {
  for (const bool global : {false, true}) {
    WireChannel channel = connected_channel();
    const std::string stream = declare_stream(channel);
    if (global) channel.call(amqp::basic::Qos{.prefetch_count = 10, .global = true});
    channel.send(amqp::basic::Consume{.queue = stream, .no_ack = !global});
    channel.expect_closed(
        406,
        fmt::format("PRECONDITION_FAILED - consumer prefetch count is not set for '{}'",
                    in_vhost(stream)),
        amqp::basic::Consume::kId);
  }
}

TEST_P(StreamReading, WantsAcknowledgements) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string stream = declare_stream(channel);
  set_prefetch(channel, 10);
  channel.send(amqp::basic::Consume{.queue = stream, .no_ack = true});
  client.expect_connection_closed(
      540,
      fmt::format("NOT_IMPLEMENTED - automatic acknowledgement not supported by stream queues {}",
                  in_vhost(stream)),
      amqp::basic::Consume::kId);
}

TEST_P(StreamReading, HasNoLimitOfWholeChannels) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string stream = declare_stream(channel);
  set_prefetch(channel, 10);
  channel.call(amqp::basic::Qos{.prefetch_count = 5, .global = true});
  channel.send(amqp::basic::Consume{.queue = stream});
  client.expect_connection_closed(
      540, fmt::format("NOT_IMPLEMENTED - {} does not support global qos", in_vhost(stream)),
      amqp::basic::Consume::kId);
}

TEST_P(StreamReading, RefusesArgumentsOfOtherConsumers) {
  for (const char* name : {"x-priority", "x-cancel-on-ha-failover"}) {
    WireChannel channel = connected_channel();
    const std::string stream = declare_stream(channel);
    set_prefetch(channel, 10);
    channel.send(amqp::basic::Consume{.queue = stream, .arguments = {{name, 5}}});
    channel.expect_closed(
        406,
        fmt::format(
            "PRECONDITION_FAILED - invalid arg '{}' for {} of queue type rabbit_stream_queue", name,
            in_vhost(stream)),
        amqp::basic::Consume::kId);
  }
}

TEST_P(StreamReading, OtherQueuesHaveNoOffsets) {
  for (const char* type : {"classic", "quorum"}) {
    WireChannel channel = connected_channel();
    const std::string queue = channel.declare(
        {.queue = unique("queue"), .durable = true, .arguments = {{"x-queue-type", type}}});
    channel.send(amqp::basic::Consume{.queue = queue, .arguments = {{"x-stream-offset", "first"}}});
    channel.expect_closed(
        406,
        fmt::format("PRECONDITION_FAILED - invalid arg 'x-stream-offset' for {} of queue type "
                    "rabbit_{}_queue",
                    in_vhost(queue), type),
        amqp::basic::Consume::kId);
  }
}

TEST_P(StreamReading, GivesNoMoreThanThePrefetchAllows) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 6);
  read(channel, stream, "first", /*prefetch=*/2);
  const std::uint64_t tag = expect_messages(channel, 0, 1).tag;
  channel.ack(tag - 1);
  expect_messages(channel, 2, 2);
  channel.ack(tag + 1);  // in any order
  channel.ack(expect_messages(channel, 3, 3).tag, /*multiple=*/true);
  const Delivery last = expect_messages(channel, 4, 5);
  channel.ack(last.tag, /*multiple=*/true);
  publish(channel, stream, 6, 9);
  channel.ack(expect_messages(channel, 6, 7).tag, /*multiple=*/true);
  expect_messages(channel, 8, 9);
  remove(channel, stream);
}

TEST_P(StreamReading, ManyReadEachAtItsOwnPace) {
  WireChannel one = connected_channel();
  const std::string stream = stream_of(one, 4);
  WireChannel two = connected_channel();
  WireChannel three = connected_channel();
  read(one, stream, "first");
  read(two, stream, "first", /*prefetch=*/1);
  read(three, stream, 2);
  expect_messages(one, 0, 3);
  expect_messages(three, 2, 3);
  publish(one, stream, 4, 4);
  expect_messages(one, 4, 4);
  expect_messages(three, 4, 4);
  for (int i = 0; i <= 4; ++i) two.ack(expect_messages(two, i, i).tag);
  // Nobody has taken anything.
  WireChannel four = connected_channel();
  read(four, stream, "first");
  expect_messages(four, 0, 4);
  remove(one, stream);
}

TEST_P(StreamReading, NobodyReadsItAlone) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 2);
  set_prefetch(channel, 10);
  for (const bool exclusive : {true, false, true}) {
    channel.call(amqp::basic::Consume{
        .queue = stream, .exclusive = exclusive, .arguments = {{"x-stream-offset", "first"}}});
    expect_messages(channel, 0, 1);
  }
  remove(channel, stream);
}

TEST_P(StreamReading, WhatAReaderLeavesUnacknowledgedDoesNotComeBack) {
  WireClient& client = connect();
  WireChannel gone = open_channel(client, 1);
  const std::string stream = stream_of(gone, 3);
  read(gone, stream, "first");
  expect_messages(gone, 0, 2);
  gone.call(amqp::channel::Close{});
  WireChannel channel = open_channel(client, 2);
  read(channel, stream, 1);
  expect_messages(channel, 1, 2);
  remove(channel, stream);
}

TEST_P(StreamReading, TakesNothingBack) {
  const auto refused = [&](const auto& settle) {
    WireClient& client = connect();
    WireChannel channel = open_channel(client);
    const std::string stream = stream_of(channel, 2);
    read(channel, stream, "first");
    expect_messages(channel, 0, 1);
    channel.send(settle);
    client.expect_connection_closed(
        540,
        fmt::format("NOT_IMPLEMENTED - basic.nack and basic.reject not supported by stream queues "
                    "{}",
                    in_vhost(stream)),
        std::decay_t<decltype(settle)>::kId);
  };
  refused(amqp::basic::Nack{.delivery_tag = 1, .requeue = true});
  refused(amqp::basic::Nack{.delivery_tag = 2, .multiple = true, .requeue = false});
  refused(amqp::basic::Reject{.delivery_tag = 1, .requeue = true});
  refused(amqp::basic::Reject{.delivery_tag = 1, .requeue = false});
}

TEST_P(StreamReading, WhatItDoesNotTakeBackCostsOtherQueuesNothing) {
  WireChannel owner = connected_channel();
  const std::string queue = owner.declare({.queue = unique("queue"), .durable = true});
  owner.put(queue, "kept");
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.get_message(queue, /*no_ack=*/false);
  const std::string stream = stream_of(channel, 1);
  read(channel, stream, "first");
  expect_messages(channel, 0, 0);
  channel.send(amqp::basic::Nack{.delivery_tag = 0, .multiple = true, .requeue = true});
  client.expect_connection_closed(
      540,
      fmt::format("NOT_IMPLEMENTED - basic.nack and basic.reject not supported by stream queues {}",
                  in_vhost(stream)),
      amqp::basic::Nack::kId);
  // RabbitMQ takes a moment.
  while (is_rabbitmq() && owner.message_count(queue) == 0) {
  }
  EXPECT_EQ(owner.message_count(queue), 1u);
  owner.call(amqp::queue::Delete{.queue = queue});
  remove(owner, stream);
}

TEST_P(StreamReading, RecoversNothingWhereAllIsAcknowledged) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 2);
  read(channel, stream, "first");
  channel.ack(expect_messages(channel, 0, 1).tag, /*multiple=*/true);
  channel.call(amqp::basic::Recover{.requeue = true});
  publish(channel, stream, 2, 2);
  expect_messages(channel, 2, 2);
  remove(channel, stream);
}

TEST_P(StreamReading, ItsEndEndsItsReaders) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 2);
  const std::string tag = read(channel, stream, "first");
  expect_messages(channel, 0, 1);
  WireChannel other = connected_channel();
  EXPECT_EQ(other.call(amqp::queue::Delete{.queue = stream}).message_count, 0u);
  EXPECT_EQ(channel.expect<amqp::basic::Cancel>().consumer_tag, tag);
}

TEST_P(StreamReading, CountsItsMessagesAndTellsOfNoReaders) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 3);
  read(channel, stream, "first");
  expect_messages(channel, 0, 2);
  // RabbitMQ counts now and then.
  while (is_rabbitmq() && channel.message_count(stream) < 3) {
  }
  const auto declared = channel.call(amqp::queue::Declare{.queue = stream, .passive = true});
  EXPECT_EQ(declared.message_count, 3u);
  EXPECT_EQ(declared.consumer_count, 0u);
  remove(channel, stream);
}

// What RabbitMQ 3.10 fails at: an internal error, or a dead letter that is lost.
class OwnStream : public StreamTest {};
INSTANTIATE_TEST_SUITE_P(, OwnStream, testing::Values("core", "bb"), broker_of);

TEST_P(OwnStream, RefusesOtherValuesForOffsets) {
  const auto refused = [&](const amqp::FieldValue& offset, std::string_view printed) {
    WireChannel channel = connected_channel();
    const std::string stream = declare_stream(channel);
    set_prefetch(channel, 10);
    channel.send(amqp::basic::Consume{.queue = stream, .arguments = {{"x-stream-offset", offset}}});
    channel.expect_closed(406,
                          fmt::format("PRECONDITION_FAILED - invalid arg 'x-stream-offset' for {}: "
                                      "{{invalid_stream_offset_arg,{{{}}}}}",
                                      in_vhost(stream), printed),
                          amqp::basic::Consume::kId);
  };
  refused("bogus", "longstr,<<\"bogus\">>");
  refused("", "longstr,<<\"\">>");
  refused(true, "bool,true");
}

TEST_P(OwnStream, RecoversNothing) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string stream = stream_of(channel, 2);
  read(channel, stream, "first");
  expect_messages(channel, 0, 1);
  channel.send(amqp::basic::Recover{.requeue = true});
  client.expect_connection_closed(
      540,
      fmt::format("NOT_IMPLEMENTED - basic.recover not supported by stream queues {}",
                  in_vhost(stream)),
      amqp::basic::Recover::kId);
}

TEST_P(OwnStream, GetsDeadLetters) {
  WireChannel channel = connected_channel();
  const std::string stream = declare_stream(channel);
  const std::string queue = channel.declare(
      {.exclusive = true,
       .arguments = {{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", stream}}});
  channel.put(queue, "m0");
  const std::uint64_t tag = channel.get_message(queue, /*no_ack=*/false).tag;
  channel.send(amqp::basic::Reject{.delivery_tag = tag});
  read(channel, stream, "first");
  const Delivery dead = expect_messages(channel, 0, 0);
  const auto headers = *amqp::decode_table(*dead.properties.headers);
  EXPECT_EQ(*headers.find("x-first-death-queue")->as_string(), queue);
  remove(channel, stream);
}

// RabbitMQ 3.10 deletes a stream whatever the flags say.
TEST_P(OwnStream, IsDeletedOnlyUnusedOrEmptyIfThatIsAsked) {
  WireChannel channel = connected_channel();
  const std::string stream = stream_of(channel, 1);
  WireChannel other = connected_channel();
  other.send(amqp::queue::Delete{.queue = stream, .if_empty = true});
  other.expect_closed(406, fmt::format("PRECONDITION_FAILED - {} not empty", in_vhost(stream)),
                      amqp::queue::Delete::kId);
  read(channel, stream, "first");
  expect_messages(channel, 0, 0);
  WireChannel third = connected_channel();
  third.send(amqp::queue::Delete{.queue = stream, .if_unused = true});
  third.expect_closed(406, fmt::format("PRECONDITION_FAILED - {} in use", in_vhost(stream)),
                      amqp::queue::Delete::kId);
  remove(channel, stream);
}

}  // namespace
}  // namespace bb::test
