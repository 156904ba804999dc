// The argument alternate-exchange: where messages go that an exchange has no way for.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::exchange::Declare;

class AlternateExchangeTest : public BehaviourTest {
 protected:
  // An exchange that goes with its last binding.
  std::string declare_with(WireChannel channel, std::string_view type, std::string_view alternate) {
    const std::string name = unique("exchange");
    channel.call(Declare{.exchange = name,
                         .type = type,
                         .auto_delete = true,
                         .arguments = {{"alternate-exchange", alternate}}});
    return name;
  }
  static std::string queue_of(WireChannel channel, std::string_view exchange,
                              std::string_view key) {
    const std::string queue = channel.declare_exclusive();
    channel.call(amqp::queue::Bind{.queue = queue, .exchange = exchange, .routing_key = key});
    return queue;
  }
};

using AlternateExchangeBehaviour = AlternateExchangeTest;
INSTANTIATE_TEST_SUITE_P(, AlternateExchangeBehaviour, testing::Values("core", "bb", "rabbitmq"),
                         broker_of);

TEST_P(AlternateExchangeBehaviour, TakesWhatFindsNoWay) {
  WireChannel channel = connected_channel();
  const std::string rest = declare_exchange(channel, "fanout");
  const std::string first = declare_with(channel, "direct", rest);
  const std::string queue = queue_of(channel, first, "known");
  const std::string others = queue_of(channel, rest, "");
  for (const char* key : {"known", "unknown"}) {
    channel.publish(first, key, key, {}, /*mandatory=*/true);
  }
  EXPECT_EQ(channel.drain(queue), "known ");
  const Delivery delivery = channel.get_message(others);
  EXPECT_EQ(delivery.body, "unknown");
  EXPECT_EQ(delivery.exchange, first);
  EXPECT_EQ(delivery.routing_key, "unknown");
  EXPECT_EQ(channel.drain(others), "");
}

TEST_P(AlternateExchangeBehaviour, ChainsGoOnToTheLast) {
  WireChannel channel = connected_channel();
  const std::string third = declare_exchange(channel, "fanout");
  const std::string second = declare_with(channel, "direct", third);
  const std::string first = declare_with(channel, "topic", second);
  const std::string queue = queue_of(channel, third, "");
  const std::string between = queue_of(channel, second, "two");
  queue_of(channel, first, "one");
  for (const char* key : {"two", "three"}) channel.publish(first, key, key);
  EXPECT_EQ(channel.drain(queue), "three ");
  EXPECT_EQ(channel.drain(between), "two ");
}

TEST_P(AlternateExchangeBehaviour, CirclesEndAndTheMessageComesBack) {
  WireChannel channel = connected_channel();
  const std::string first = unique("first");
  const std::string second = declare_with(channel, "direct", first);
  channel.call(Declare{
      .exchange = first, .auto_delete = true, .arguments = {{"alternate-exchange", second}}});
  const std::string queue = queue_of(channel, first, "one");
  queue_of(channel, second, "two");
  channel.publish(first, "three", "three", {}, /*mandatory=*/true);
  const Delivery delivery = channel.expect_return();
  EXPECT_EQ(delivery.body, "three");
  EXPECT_EQ(delivery.exchange, first);
  EXPECT_EQ(delivery.reply_text, "NO_ROUTE");
  channel.publish(second, "one", "one", {}, /*mandatory=*/true);
  EXPECT_EQ(channel.drain(queue), "one ");
}

TEST_P(AlternateExchangeBehaviour, AMissingOneIsPassedOver) {
  WireChannel channel = connected_channel();
  const std::string missing = unique("later");
  const std::string first = declare_with(channel, "direct", missing);
  queue_of(channel, first, "one");
  channel.publish(first, "two", "lost", {}, /*mandatory=*/true);
  EXPECT_EQ(channel.expect_return().body, "lost");
  channel.call(Declare{.exchange = missing, .type = "fanout", .auto_delete = true});
  const std::string queue = queue_of(channel, missing, "");
  channel.publish(first, "two", "found", {}, /*mandatory=*/true);
  EXPECT_EQ(channel.drain(queue), "found ");
}

TEST_P(AlternateExchangeBehaviour, TheDefaultOneTakesNothing) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  const std::string first = declare_with(channel, "direct", "");
  queue_of(channel, first, "one");
  channel.publish(first, queue, "lost", {}, /*mandatory=*/true);
  EXPECT_EQ(channel.expect_return().body, "lost");
}

TEST_P(AlternateExchangeBehaviour, AnInternalOneTakesIt) {
  WireChannel channel = connected_channel();
  const std::string rest = unique("internal");
  channel.call(Declare{.exchange = rest, .type = "fanout", .auto_delete = true, .internal = true});
  const std::string first = declare_with(channel, "direct", rest);
  queue_of(channel, first, "one");
  const std::string queue = queue_of(channel, rest, "");
  channel.publish(first, "two", "body");
  EXPECT_EQ(channel.drain(queue), "body ");
}

TEST_P(AlternateExchangeBehaviour, AWayToAnExchangeIsAWay) {
  WireChannel channel = connected_channel();
  const std::string rest = declare_exchange(channel, "fanout");
  const std::string first = declare_with(channel, "topic", rest);
  const std::string second = unique("empty");
  channel.call(Declare{.exchange = second, .type = "fanout"});
  const std::string queue = queue_of(channel, rest, "");
  channel.call(amqp::exchange::Bind{.destination = second, .source = first, .routing_key = "#"});
  channel.publish(first, "key", "lost", {}, /*mandatory=*/true);
  EXPECT_EQ(channel.expect_return().body, "lost");
  EXPECT_EQ(channel.drain(queue), "");
  channel.call(amqp::exchange::Delete{.exchange = second});
}

TEST_P(AlternateExchangeBehaviour, OfABoundExchangeIsTaken) {
  WireChannel channel = connected_channel();
  const std::string rest = declare_exchange(channel, "fanout");
  const std::string second = declare_with(channel, "direct", rest);
  const std::string first = declare_exchange(channel, "topic");
  const std::string queue = queue_of(channel, rest, "");
  queue_of(channel, second, "other");
  channel.call(amqp::exchange::Bind{.destination = second, .source = first, .routing_key = "#"});
  channel.publish(first, "key", "body");
  EXPECT_EQ(channel.drain(queue), "body ");
}

TEST_P(AlternateExchangeBehaviour, ARedeclarationComparesIt) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string with = declare_with(channel, "direct", "one");
  const std::string without = unique("without");
  const Declare plain{.exchange = without, .auto_delete = true};
  channel.call(plain);
  Declare same{.exchange = with,
               .auto_delete = true,
               .arguments = {{"alternate-exchange", "one"}, {"other", "not compared"}}};
  channel.call(same);
  const auto refused = [&](const Declare& declare, std::string_view received,
                           std::string_view current) {
    WireChannel other = open_channel(client, 2);
    other.send(declare);
    other.expect_closed(
        406, inequivalent("alternate-exchange", "exchange", declare.exchange, received, current),
        Declare::kId);
  };
  Declare different = same;
  different.arguments = {{"alternate-exchange", "two"}};
  refused(different, "'two'", "'one'");
  different.arguments = {};
  refused(different, "none", "the value 'one' of type 'longstr'");
  different = plain;
  different.arguments = {{"alternate-exchange", "two"}};
  refused(different, "the value 'two' of type 'longstr'", "none");
  for (const std::string& name : {with, without}) {
    channel.call(amqp::exchange::Delete{.exchange = name});
  }
}

TEST_P(AlternateExchangeBehaviour, ANameThatIsNoTextIsRefused) {
  WireChannel channel = connected_channel();
  const std::string name = unique("exchange");
  channel.send(Declare{.exchange = name, .arguments = {{"alternate-exchange", std::int32_t{1}}}});
  channel.expect_closed(
      406,
      fmt::format("PRECONDITION_FAILED - invalid type 'signedint' for arg 'alternate-exchange' in "
                  "exchange '{}' in vhost '/'",
                  name),
      Declare::kId);
}

}  // namespace
}  // namespace bb::test
