// Bindings of direct, fanout and topic exchanges, and which queues a message reaches.
#include <fmt/format.h>

#include <vector>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::queue::Bind;
using amqp::queue::Unbind;

class BindingTest : public BehaviourTest {
 protected:
  // A queue bound once for each of the keys.
  std::string bound_queue(WireChannel channel, std::string_view exchange,
                          const std::vector<std::string>& keys) {
    const std::string queue = channel.declare_exclusive();
    for (const std::string& key : keys) {
      channel.call(Bind{.queue = queue, .exchange = exchange, .routing_key = key});
    }
    return queue;
  }
};

using BindingBehaviour = BindingTest;
INSTANTIATE_TEST_SUITE_P(, BindingBehaviour, testing::Values("core", "bb", "rabbitmq"), broker_of);

TEST_P(BindingBehaviour, DirectGoesToTheQueuesOfItsKey) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "direct");
  const std::string first = bound_queue(channel, exchange, {"red", "blue"});
  const std::string second = bound_queue(channel, exchange, {"red"});
  channel.publish(exchange, "red", "r");
  channel.publish(exchange, "blue", "b");
  channel.publish(exchange, "green", "g");
  EXPECT_EQ(channel.drain(first), "r b ");
  EXPECT_EQ(channel.drain(second), "r ");
}

TEST_P(BindingBehaviour, FanoutGoesToAllWhateverTheKey) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "fanout");
  const std::string first = bound_queue(channel, exchange, {"x"});
  const std::string second = bound_queue(channel, exchange, {""});
  channel.publish(exchange, "y", "body");
  EXPECT_EQ(channel.drain(first), "body ");
  EXPECT_EQ(channel.drain(second), "body ");
}

TEST_P(BindingBehaviour, TopicMatchesWordsAndWildcards) {
  struct Case {
    std::string_view pattern;
    std::string_view matched;  // keys, each with a space behind it
  };
  const std::vector<std::string> keys{"", "a", "a.b", "a..b", "b.a", "a.b.c", "..", "*", "#"};
  constexpr Case cases[] = {
      {"", " "},
      {"a", "a "},
      {"a.b", "a.b "},
      {"*", "a * # "},
      {"#", " a a.b a..b b.a a.b.c .. * # "},
      {"a.*", "a.b "},
      {"a.#", "a a.b a..b a.b.c "},
      {"*.b", "a.b "},
      {"#.b", "a.b a..b "},
      {"*.*", "a.b b.a "},
      {"a.*.b", "a..b "},
      {"a.#.b", "a.b a..b "},
      {"#.a.#", "a a.b a..b b.a a.b.c "},
      {"*.#", "a a.b a..b b.a a.b.c .. * # "},
      {"#.#", " a a.b a..b b.a a.b.c .. * # "},
      {"#.*", "a a.b a..b b.a a.b.c .. * # "},
      {"*.*.*", "a..b a.b.c .. "},
  };
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "topic");
  std::vector<std::string> queues;
  for (const Case& row : cases) {
    queues.push_back(bound_queue(channel, exchange, {std::string(row.pattern)}));
  }
  for (const std::string& key : keys) channel.publish(exchange, key, key);
  for (std::size_t i = 0; i < queues.size(); ++i) {
    EXPECT_EQ(channel.drain(queues[i]), cases[i].matched) << "pattern " << cases[i].pattern;
  }
}

TEST_P(BindingBehaviour, BindingTwiceIsOneBinding) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "topic");
  const std::string queue = bound_queue(channel, exchange, {"key", "key"});
  channel.publish(exchange, "key", "once");
  EXPECT_EQ(channel.drain(queue), "once ");
  bound_queue(channel, exchange, {"other"});  // so that the exchange stays
  channel.call(Unbind{.queue = queue, .exchange = exchange, .routing_key = "key"});
  channel.publish(exchange, "key", "never");
  EXPECT_EQ(channel.drain(queue), "");
}

TEST_P(BindingBehaviour, ArgumentsMakeABindingOfTheirOwn) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "topic");
  const std::string queue = bound_queue(channel, exchange, {"key"});
  const amqp::FieldTable arguments{{"note", "second"}};
  channel.call(
      Bind{.queue = queue, .exchange = exchange, .routing_key = "key", .arguments = arguments});
  channel.call(Unbind{.queue = queue, .exchange = exchange, .routing_key = "key"});
  channel.publish(exchange, "key", "still");
  EXPECT_EQ(channel.drain(queue), "still ");
}

TEST_P(BindingBehaviour, AMessageReachesAQueueOnceHoweverManyBindingsMatch) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "topic");
  const std::string queue = bound_queue(channel, exchange, {"#", "*.b", "a.*", "a.b"});
  channel.publish(exchange, "a.b", "once");
  EXPECT_EQ(channel.drain(queue), "once ");
}

TEST_P(BindingBehaviour, UnbindingWhatIsNotBoundIsFine) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(Unbind{.queue = queue, .exchange = "amq.topic", .routing_key = "never"});
}

TEST_P(BindingBehaviour, UnbindingFromAMissingExchangeOrQueueIsFine) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(Unbind{.queue = queue, .exchange = unique("missing"), .routing_key = "key"});
  channel.call(Unbind{.queue = unique("missing"), .exchange = "amq.topic", .routing_key = "key"});
}

TEST_P(BindingBehaviour, BindingAMissingQueueIsNotFound) {
  WireChannel channel = connected_channel();
  const std::string name = unique("missing");
  channel.send(Bind{.queue = name, .exchange = "amq.topic", .routing_key = "key"});
  channel.expect_closed(404, no_queue(name), Bind::kId);
}

TEST_P(BindingBehaviour, OfTwoThatAreMissingTheExchangeIsNamed) {
  WireChannel channel = connected_channel();
  const std::string queue = unique("missing");
  const std::string exchange = unique("missing");
  channel.send(Bind{.queue = queue, .exchange = exchange, .routing_key = "k"});
  channel.expect_closed(404, no_exchange(exchange), Bind::kId);
}

TEST_P(BindingBehaviour, BindingToAMissingExchangeIsNotFound) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  const std::string name = unique("missing");
  channel.send(Bind{.queue = queue, .exchange = name, .routing_key = "key"});
  channel.expect_closed(404, no_exchange(name), Bind::kId);
}

TEST_P(BindingBehaviour, TheDefaultExchangeTakesNoBindings) {
  WireClient& client = connect();
  const std::string queue = open_channel(client, 1).declare_exclusive();
  WireChannel channel = open_channel(client, 2);
  channel.send(Bind{.queue = queue, .exchange = "", .routing_key = "key"});
  channel.expect_closed(403, "ACCESS_REFUSED - operation not permitted on the default exchange",
                        Bind::kId);
  channel = open_channel(client, 2);
  channel.send(Unbind{.queue = queue, .exchange = "", .routing_key = queue});
  channel.expect_closed(403, "ACCESS_REFUSED - operation not permitted on the default exchange",
                        Unbind::kId);
}

TEST_P(BindingBehaviour, TheDefaultExchangeKnowsEveryQueueByItsName) {
  WireChannel channel = connected_channel();
  const std::string first = channel.declare_exclusive();
  const std::string second = channel.declare_exclusive();
  channel.publish("", second, "body");
  EXPECT_EQ(channel.drain(first), "");
  EXPECT_EQ(channel.drain(second), "body ");
}

TEST_P(BindingBehaviour, BindingsGoWithTheirQueue) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "direct");
  bound_queue(channel, exchange, {"other"});  // so that the exchange stays
  const std::string name = unique("queue");
  channel.declare({.queue = name, .exclusive = true});
  channel.call(Bind{.queue = name, .exchange = exchange, .routing_key = "key"});
  channel.call(amqp::queue::Delete{.queue = name});
  channel.declare({.queue = name, .exclusive = true});
  channel.publish(exchange, "key", "unroutable");
  EXPECT_EQ(channel.drain(name), "");
}

}  // namespace
}  // namespace bb::test
