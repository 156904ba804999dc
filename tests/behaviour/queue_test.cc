// queue.declare: names, properties, and who may use a queue.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::queue::Declare;
using testing::StartsWith;

BB_BEHAVIOUR_SUITE(QueueBehaviour);

std::string locked(std::string_view queue) {
  return fmt::format(
             "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{}' in vhost "
             "'/'. It could be originally declared on another connection or the exclusive "
             "property value does not match that of the original declaration.",
             queue)
      .substr(0, amqp::kShortStringMaxBytes);
}

TEST_P(QueueBehaviour, AnEmptyNameGetsOneMadeUp) {
  WireChannel channel = connected_channel();
  const std::string first = channel.declare_exclusive();
  const std::string second = channel.declare_exclusive();
  EXPECT_THAT(first, StartsWith("amq.gen-"));
  EXPECT_NE(first, second);
}

TEST_P(QueueBehaviour, AnEmptyNameStandsForTheOneDeclaredLast) {
  WireChannel channel = connected_channel();
  channel.declare_exclusive();
  const std::string queue = channel.declare_exclusive();
  channel.put(queue, "body");
  channel.call(amqp::queue::Bind{.exchange = "amq.direct", .routing_key = queue});
  channel.call(amqp::queue::Unbind{.exchange = "amq.direct", .routing_key = queue});
  EXPECT_EQ(channel.get_message("").body, "body");
  EXPECT_EQ(channel.call(amqp::queue::Purge{}).message_count, 0u);
  channel.consume("");
  EXPECT_EQ(channel.consumer_count(queue), 1u);
  channel.call(amqp::queue::Delete{});
  channel.expect<amqp::basic::Cancel>();
  channel.send(Declare{.queue = queue, .passive = true});
  channel.expect_closed(404, no_queue(queue), Declare::kId);
}

TEST_P(QueueBehaviour, AnEmptyNameWithoutADeclaredOneIsNotFound) {
  WireChannel channel = connected_channel();
  channel.send(amqp::basic::Get{});
  channel.expect_closed(404, "NOT_FOUND - no previously declared queue", amqp::basic::Get::kId);
}

TEST_P(QueueBehaviour, AnEmptyNameStandsForNothingInAPassiveDeclare) {
  WireChannel channel = connected_channel();
  channel.declare_exclusive();
  channel.send(Declare{.passive = true});
  channel.expect_closed(404, no_queue(""), Declare::kId);
}

TEST_P(QueueBehaviour, BindingWithNeitherQueueNorKeyUsesTheQueuesNameAsTheKey) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{.exchange = "amq.direct"});
  channel.publish("amq.direct", queue, "body");
  EXPECT_EQ(channel.drain(queue), "body ");
}

TEST_P(QueueBehaviour, DeclareOkCountsMessagesAndConsumers) {
  WireChannel channel = connected_channel();
  const std::string queue = unique("queue");
  const auto fresh = channel.call(Declare{.queue = queue, .exclusive = true});
  EXPECT_EQ(fresh.queue, queue);
  EXPECT_EQ(fresh.message_count, 0u);
  EXPECT_EQ(fresh.consumer_count, 0u);
  channel.put(queue, "one");
  channel.put(queue, "two");
  EXPECT_EQ(channel.call(Declare{.queue = queue, .exclusive = true}).message_count, 2u);
  channel.call(amqp::basic::Qos{.prefetch_count = 1});
  channel.consume(queue);
  channel.expect_delivery_of("one");
  const auto used = channel.call(Declare{.queue = queue, .exclusive = true});
  EXPECT_EQ(used.message_count, 1u);  // what is unacknowledged does not count
  EXPECT_EQ(used.consumer_count, 1u);
}

TEST_P(QueueBehaviour, DeclaringPassivelyAMissingOneIsNotFound) {
  WireChannel channel = connected_channel();
  const std::string name = unique("missing");
  channel.send(Declare{.queue = name, .passive = true});
  channel.expect_closed(404, no_queue(name), Declare::kId);
}

TEST_P(QueueBehaviour, ReservedNamesAreRefused) {
  WireChannel channel = connected_channel();
  channel.send(Declare{.queue = "amq.mine"});
  channel.expect_closed(
      403, "ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'", Declare::kId);
}

TEST_P(QueueBehaviour, AMadeUpNameIsReservedToo) {
  WireChannel channel = connected_channel();
  const std::string name = channel.declare_exclusive();
  channel.send(Declare{.queue = name, .exclusive = true});
  channel.expect_closed(
      403, fmt::format("ACCESS_REFUSED - queue name '{}' contains reserved prefix 'amq.*'", name),
      Declare::kId);
}

struct Difference {
  Declare declare;
  std::string_view argument;
  std::string_view received;
  std::string_view current;
};

TEST_P(QueueBehaviour, DeclaringAgainAnotherOneNamesTheDifference) {
  WireClient& client = connect();
  const std::string name = unique("queue");
  const Declare original{.queue = name, .arguments = {{"x-queue-type", "classic"}}};
  WireChannel owner = open_channel(client, 1);
  owner.call(original);
  Declare durable = original, fleeting = original, typed = original, lazy = original;
  durable.durable = true;
  fleeting.auto_delete = true;
  typed.arguments.set("x-queue-type", "quorum");
  lazy.arguments.set("x-queue-mode", "lazy");
  const Difference differences[] = {
      {durable, "durable", "'true'", "'false'"},
      {fleeting, "auto_delete", "'true'", "'false'"},
      {typed, "x-queue-type", "'quorum'", "'classic'"},
      {lazy, "x-queue-mode", "the value 'lazy' of type 'longstr'", "none"},
  };
  for (const Difference& difference : differences) {
    WireChannel channel = open_channel(client, 2);
    channel.send(difference.declare);
    channel.expect_closed(
        406,
        inequivalent(difference.argument, "queue", name, difference.received, difference.current),
        Declare::kId);
  }
  owner.call(amqp::queue::Delete{.queue = name});
}

TEST_P(QueueBehaviour, ArgumentsWithoutAMeaningAreKeptAndNotCompared) {
  WireChannel channel = connected_channel();
  const std::string name = unique("queue");
  channel.declare({.queue = name, .exclusive = true, .arguments = {{"x-note", "first"}}});
  channel.declare({.queue = name, .exclusive = true, .arguments = {{"x-note", "second"}}});
  channel.declare({.queue = name, .exclusive = true});
}

TEST_P(QueueBehaviour, BadArgumentsAreRefused) {
  struct Case {
    amqp::FieldTable arguments;
    std::string_view reason;
  };
  const Case cases[] = {
      {{{"x-queue-type", "magic"}}, "'x-queue-type' for {}: \"unsupported queue type 'magic'\""},
      {{{"x-queue-type", std::int32_t{5}}},
       "'x-queue-type' for {}: {{unacceptable_type,signedint}}"},
      {{{"x-queue-mode", "magic"}}, "'x-queue-mode' for {}: \"unsupported queue mode 'magic'\""},
      {{{"x-queue-mode", true}}, "'x-queue-mode' for {}: {{unacceptable_type,bool}}"},
  };
  for (const Case& row : cases) {
    WireChannel channel = connected_channel();
    const std::string name = unique("queue");
    channel.send(Declare{.queue = name, .arguments = row.arguments});
    const std::string what = fmt::format("queue '{}' in vhost '/'", name);
    channel.expect_closed(
        406, "PRECONDITION_FAILED - invalid arg " + fmt::format(fmt::runtime(row.reason), what),
        Declare::kId);
  }
}

TEST_P(QueueBehaviour, AQuorumQueueIsDurableAndNobodysOwn) {
  struct Case {
    Declare declare;
    std::string_view property;
  };
  const std::string name = unique("queue");
  Declare quorum{.queue = name, .arguments = {{"x-queue-type", "quorum"}}};
  Declare exclusive = quorum, fleeting = quorum;
  exclusive.durable = exclusive.exclusive = true;
  fleeting.durable = fleeting.auto_delete = true;
  for (const auto& [declare, property] :
       {Case{quorum, "non-durable"}, {exclusive, "exclusive-owner"}, {fleeting, "auto-delete"}}) {
    WireChannel channel = connected_channel();
    channel.send(declare);
    channel.expect_closed(
        406,
        fmt::format("PRECONDITION_FAILED - invalid property '{}' for queue '{}' in vhost '/'",
                    property, name),
        Declare::kId);
  }
  WireChannel channel = connected_channel();
  quorum.durable = true;
  channel.call(quorum);
  channel.call(amqp::queue::Delete{.queue = name});
}

TEST_P(QueueBehaviour, ClassicIsTheTypeWhereNoneIsNamed) {
  WireChannel channel = connected_channel();
  const std::string named = unique("queue");
  const std::string unnamed = unique("queue");
  const amqp::FieldTable classic{{"x-queue-type", "classic"}};
  channel.declare({.queue = named, .exclusive = true, .arguments = classic});
  channel.declare({.queue = named, .exclusive = true});
  channel.declare({.queue = unnamed, .exclusive = true});
  channel.declare({.queue = unnamed, .exclusive = true, .arguments = classic});
}

TEST_P(QueueBehaviour, NamesAreUtf8) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.declare({.queue = unique("gr\xC3\xBC\xC3\x9F"), .exclusive = true});
  channel.send(Declare{.queue = "\xFF\xFE"});
  client.expect_connection_closed(501, "FRAME_ERROR - Malformed UTF-8 in shortstr");
}

TEST_P(QueueBehaviour, ATextTooLongForTheErrorIsCut) {
  WireChannel channel = connected_channel();
  const std::string name(255, 'q');
  channel.send(Declare{.queue = name, .passive = true});
  channel.expect_closed(404, ("NOT_FOUND - no queue '" + name).substr(0, 252) + "...",
                        Declare::kId);
}

TEST_P(QueueBehaviour, AnExclusiveOneIsLockedForOtherConnections) {
  WireChannel owner = connected_channel();
  const std::string queue = unique("exclusive");
  owner.declare({.queue = queue, .exclusive = true});
  owner.call(amqp::queue::Bind{.queue = queue, .exchange = "amq.direct", .routing_key = "key"});
  WireClient& client = connect();
  const auto refused = [&](const auto& method) {
    WireChannel channel = open_channel(client);
    channel.send(method);
    channel.expect_closed(405, locked(queue), std::decay_t<decltype(method)>::kId);
  };
  refused(Declare{.queue = queue, .passive = true});
  refused(Declare{.queue = queue, .exclusive = true});
  refused(Declare{.queue = queue});
  refused(amqp::queue::Bind{.queue = queue, .exchange = "amq.direct", .routing_key = "key"});
  refused(amqp::queue::Unbind{.queue = queue, .exchange = "amq.direct", .routing_key = "key"});
  refused(amqp::queue::Purge{.queue = queue});
  refused(amqp::queue::Delete{.queue = queue});
  refused(amqp::basic::Consume{.queue = queue});
  refused(amqp::basic::Get{.queue = queue});
  owner.call(Declare{.queue = queue, .passive = true});
}

TEST_P(QueueBehaviour, OthersMayPublishToAnExclusiveOne) {
  WireChannel owner = connected_channel();
  const std::string queue = owner.declare_exclusive();
  owner.consume(queue);
  connected_channel().publish("", queue, "hello");
  owner.expect_delivery_of("hello");
}

TEST_P(QueueBehaviour, ExclusiveIsComparedByItsOwnerToo) {
  WireChannel channel = connected_channel();
  const std::string queue = unique("queue");
  channel.declare({.queue = queue, .exclusive = true});
  channel.send(Declare{.queue = queue});
  channel.expect_closed(405, locked(queue), Declare::kId);
}

TEST_P(QueueBehaviour, AnExclusiveOneIsSharedByTheChannelsOfItsConnection) {
  WireClient& client = connect();
  const std::string queue = open_channel(client, 1).declare_exclusive();
  EXPECT_EQ(open_channel(client, 2).message_count(queue), 0u);
}

TEST_P(QueueBehaviour, AnExclusiveOneGoesWithItsConnection) {
  WireClient& client = connect();
  const std::string queue = unique("exclusive");
  open_channel(client).declare({.queue = queue, .exclusive = true});
  client.say_goodbye();
  WireChannel channel = connected_channel();
  channel.send(Declare{.queue = queue, .passive = true});
  channel.expect_closed(404, no_queue(queue), Declare::kId);
}

TEST_P(QueueBehaviour, NoWaitGetsNoAnswer) {
  WireChannel channel = connected_channel();
  const std::string queue = unique("queue");
  channel.send(Declare{.queue = queue, .exclusive = true, .no_wait = true});
  channel.send(amqp::queue::Bind{.exchange = "amq.direct", .routing_key = queue, .no_wait = true});
  channel.send(amqp::queue::Purge{.queue = queue, .no_wait = true});
  EXPECT_EQ(channel.message_count(queue), 0u);
  channel.send(amqp::queue::Delete{.queue = queue, .no_wait = true});
  channel.send(Declare{.queue = queue, .passive = true});
  channel.expect_closed(404, no_queue(queue), Declare::kId);
}

TEST_P(QueueBehaviour, LineEndsAreNoPartOfAName) {
  WireChannel channel = connected_channel();
  const std::string queue = unique("queue");
  const std::string broken = "\n" + queue + "\r\n";
  EXPECT_EQ(channel.call(Declare{.queue = broken, .exclusive = true}).queue, queue);
  EXPECT_EQ(channel.call(Declare{.queue = broken, .passive = true}).queue, queue);
  EXPECT_TRUE(
      channel.call(Declare{.queue = "\n", .exclusive = true}).queue.starts_with("amq.gen-"));
  channel.call(amqp::queue::Delete{.queue = broken});
  channel.send(Declare{.queue = queue, .passive = true});
  channel.expect_closed(404, no_queue(queue), Declare::kId);
}

TEST_P(QueueBehaviour, LineBreaksAreNoPartOfAName) {
  WireChannel channel = connected_channel();
  const std::string queue = unique("queue");
  const std::string exchange = unique("exchange");
  const std::string broken_queue = "\r" + queue + "\r\n";
  const std::string broken_exchange = exchange + "\n";
  EXPECT_EQ(channel.call(amqp::queue::Declare{.queue = broken_queue}).queue, queue);
  channel.call(amqp::exchange::Declare{.exchange = broken_exchange, .type = "fanout"});
  channel.call(amqp::queue::Bind{.queue = broken_queue, .exchange = broken_exchange});
  channel.publish(exchange, "", "body");
  EXPECT_EQ(channel.drain(queue), "body ");
  channel.call(amqp::queue::Unbind{.queue = broken_queue, .exchange = broken_exchange});
  channel.call(amqp::queue::Delete{.queue = broken_queue});
  channel.call(amqp::exchange::Delete{.exchange = broken_exchange});
  // Where they are only named, they are.
  channel.send(amqp::basic::Get{.queue = broken_queue});
  channel.expect_closed(404, no_queue(broken_queue), amqp::basic::Get::kId);
}

}  // namespace
}  // namespace bb::test
