// exchange.declare and exchange.delete.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::exchange::Declare;
using amqp::exchange::Delete;

BB_BEHAVIOUR_SUITE(ExchangeBehaviour);

constexpr std::string_view kDefaultExchangeRefused =
    "ACCESS_REFUSED - operation not permitted on the default exchange";

TEST_P(ExchangeBehaviour, ThePredeclaredOnesAreThere) {
  WireChannel channel = connected_channel();
  for (const std::string_view name :
       {"amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match"}) {
    channel.call(Declare{.exchange = name, .passive = true});
  }
  channel.call(Declare{.exchange = "amq.topic", .type = "topic", .durable = true});
}

TEST_P(ExchangeBehaviour, DeclaringAgainTheSameIsFine) {
  WireChannel channel = connected_channel();
  const std::string name = unique("exchange");
  for (int i = 0; i < 2; ++i) {
    channel.call(Declare{.exchange = name, .type = "topic", .durable = true, .auto_delete = true});
  }
  channel.call(Delete{.exchange = name});
}

struct Difference {
  Declare declare;
  std::string_view argument;
  std::string_view received;
  std::string_view current;
};

TEST_P(ExchangeBehaviour, DeclaringAgainAnotherOneNamesTheDifference) {
  WireClient& client = connect();
  const std::string name = unique("exchange");
  const Declare original{.exchange = name, .type = "topic", .auto_delete = true};
  open_channel(client, 1).call(original);
  Declare direct = original, durable = original, kept = original, internal = original;
  direct.type = "direct";
  durable.durable = true;
  kept.auto_delete = false;
  internal.internal = true;
  const Difference differences[] = {{direct, "type", "'direct'", "'topic'"},
                                    {durable, "durable", "'true'", "'false'"},
                                    {kept, "auto_delete", "'false'", "'true'"},
                                    {internal, "internal", "'true'", "'false'"}};
  for (const Difference& difference : differences) {
    WireChannel channel = open_channel(client, 2);
    channel.send(difference.declare);
    channel.expect_closed(406,
                          inequivalent(difference.argument, "exchange", name, difference.received,
                                       difference.current),
                          Declare::kId);
  }
}

TEST_P(ExchangeBehaviour, DeclaringPassivelyLooksAtTheNameAlone) {
  WireChannel channel = connected_channel();
  const std::string name = declare_exchange(channel, "fanout");
  channel.call(Declare{.exchange = name, .type = "topic", .passive = true, .durable = true});
}

TEST_P(ExchangeBehaviour, DeclaringPassivelyAMissingOneIsNotFound) {
  WireChannel channel = connected_channel();
  const std::string name = unique("missing");
  channel.send(Declare{.exchange = name, .passive = true});
  channel.expect_closed(404, no_exchange(name), Declare::kId);
}

TEST_P(ExchangeBehaviour, ReservedNamesAreRefused) {
  WireChannel channel = connected_channel();
  channel.send(Declare{.exchange = "amq.mine"});
  channel.expect_closed(
      403, "ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'",
      Declare::kId);
}

TEST_P(ExchangeBehaviour, TheDefaultOneTakesNoDeclare) {
  for (const bool passive : {false, true}) {
    WireChannel channel = connected_channel();
    channel.send(Declare{.exchange = "", .passive = passive});
    channel.expect_closed(403, kDefaultExchangeRefused, Declare::kId);
  }
}

TEST_P(ExchangeBehaviour, TheDefaultOneTakesNoDelete) {
  WireChannel channel = connected_channel();
  channel.send(Delete{.exchange = ""});
  channel.expect_closed(403, kDefaultExchangeRefused, Delete::kId);
}

TEST_P(ExchangeBehaviour, ThePredeclaredOnesTakeNoDelete) {
  WireChannel channel = connected_channel();
  channel.send(Delete{.exchange = "amq.topic"});
  channel.expect_closed(
      403, "ACCESS_REFUSED - deletion of system exchange 'amq.topic' in vhost '/' not allowed",
      Delete::kId);
}

TEST_P(ExchangeBehaviour, AnUnknownTypeEndsTheConnection) {
  WireClient& client = connect();
  open_channel(client).send(Declare{.exchange = unique("exchange"), .type = "magic"});
  client.expect_connection_closed(503, "COMMAND_INVALID - unknown exchange type 'magic'",
                                  Declare::kId);
}

TEST_P(ExchangeBehaviour, DeletingAMissingOneIsFine) {
  connected_channel().call(Delete{.exchange = unique("missing")});
}

TEST_P(ExchangeBehaviour, DeletingIfUnusedSparesOneWithBindings) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string name = declare_exchange(channel, "topic");
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{.queue = queue, .exchange = name, .routing_key = "key"});
  channel.send(Delete{.exchange = name, .if_unused = true});
  channel.expect_closed(
      406, fmt::format("PRECONDITION_FAILED - exchange '{}' in vhost '/' in use", name),
      Delete::kId);
  open_channel(client).call(Delete{.exchange = name});
}

TEST_P(ExchangeBehaviour, DeletingTakesTheBindingsWithIt) {
  WireChannel channel = connected_channel();
  const std::string name = declare_exchange(channel, "topic");
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{.queue = queue, .exchange = name, .routing_key = "#"});
  channel.call(Delete{.exchange = name});
  channel.call(Declare{.exchange = name, .type = "topic"});
  channel.publish(name, "key", "unroutable");
  EXPECT_EQ(channel.drain(queue), "");
  channel.call(Delete{.exchange = name, .if_unused = true});
}

TEST_P(ExchangeBehaviour, AnAutoDeleteOneGoesWithItsLastBinding) {
  WireChannel channel = connected_channel();
  const std::string name = unique("exchange");
  channel.call(Declare{.exchange = name, .auto_delete = true});
  const std::string queue = channel.declare_exclusive();
  for (const std::string_view key : {"one", "two"}) {
    channel.call(amqp::queue::Bind{.queue = queue, .exchange = name, .routing_key = key});
  }
  channel.call(amqp::queue::Unbind{.queue = queue, .exchange = name, .routing_key = "one"});
  channel.call(Declare{.exchange = name, .passive = true});
  channel.call(amqp::queue::Unbind{.queue = queue, .exchange = name, .routing_key = "two"});
  channel.send(Declare{.exchange = name, .passive = true});
  channel.expect_closed(404, no_exchange(name), Declare::kId);
}

TEST_P(ExchangeBehaviour, AnAutoDeleteOneGoesWithTheQueueOfItsLastBinding) {
  WireChannel channel = connected_channel();
  const std::string name = unique("exchange");
  channel.call(Declare{.exchange = name, .auto_delete = true});
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{.queue = queue, .exchange = name, .routing_key = "key"});
  channel.call(amqp::queue::Delete{.queue = queue});
  channel.send(Declare{.exchange = name, .passive = true});
  channel.expect_closed(404, no_exchange(name), Declare::kId);
}

TEST_P(ExchangeBehaviour, NoWaitGetsNoAnswer) {
  WireChannel channel = connected_channel();
  const std::string name = unique("exchange");
  channel.send(Declare{.exchange = name, .auto_delete = true, .no_wait = true});
  channel.call(Declare{.exchange = name, .passive = true});
  channel.send(Delete{.exchange = name, .no_wait = true});
  channel.send(Declare{.exchange = name, .passive = true});
  channel.expect_closed(404, no_exchange(name), Declare::kId);
}

TEST_P(ExchangeBehaviour, LineEndsAreNoPartOfAName) {
  WireChannel channel = connected_channel();
  const std::string name = unique("exchange");
  const std::string broken = "\r" + name + "\n";
  channel.call(Declare{.exchange = broken});
  channel.call(Declare{.exchange = name, .passive = true});
  channel.call(Declare{.exchange = broken, .passive = true});
  channel.call(Delete{.exchange = broken});
  channel.send(Declare{.exchange = name, .passive = true});
  channel.expect_closed(404, no_exchange(name), Declare::kId);
}

}  // namespace
}  // namespace bb::test
