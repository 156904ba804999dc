// exchange.bind and exchange.unbind: bindings that lead from one exchange to another.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::exchange::Bind;
using amqp::exchange::Declare;
using amqp::exchange::Delete;
using amqp::exchange::Unbind;

constexpr std::string_view kDefaultExchangeRefused =
    "ACCESS_REFUSED - operation not permitted on the default exchange";

class ExchangeBindingTest : public BehaviourTest {
 protected:
  // A queue that gets all that comes to the exchange.
  static std::string queue_behind(WireChannel channel, std::string_view exchange) {
    const std::string queue = channel.declare_exclusive();
    channel.call(amqp::queue::Bind{.queue = queue, .exchange = exchange, .routing_key = "#"});
    return queue;
  }
  static void bind(WireChannel channel, std::string_view from, std::string_view to,
                   std::string_view key) {
    channel.call(Bind{.destination = to, .source = from, .routing_key = key});
  }
  static void unbind(WireChannel channel, std::string_view from, std::string_view to,
                     std::string_view key) {
    channel.call(Unbind{.destination = to, .source = from, .routing_key = key});
  }
  static void expect_gone(WireChannel channel, std::string_view exchange,
                          Where where = Where::current()) {
    channel.send(Declare{.exchange = exchange, .passive = true});
    channel.expect_closed(404, no_exchange(exchange), Declare::kId, where);
  }
};

using ExchangeBindingBehaviour = ExchangeBindingTest;
INSTANTIATE_TEST_SUITE_P(, ExchangeBindingBehaviour, testing::Values("core", "bb", "rabbitmq"),
                         broker_of);

TEST_P(ExchangeBindingBehaviour, MessagesPassFromOneToTheNextByTheKeyOfEach) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = declare_exchange(channel, "direct");
  const std::string queue = channel.declare_exclusive();
  bind(channel, first, second, "a.*");
  channel.call(amqp::queue::Bind{.queue = queue, .exchange = second, .routing_key = "a.b"});
  for (const char* key : {"a.b", "a.c", "b.b"}) channel.publish(first, key, key);
  channel.publish(second, "a.b", "direct");
  EXPECT_EQ(channel.drain(queue), "a.b direct ");
  unbind(channel, first, second, "other");
  channel.publish(first, "a.b", "still");
  EXPECT_EQ(channel.drain(queue), "still ");
  bind(channel, first, first, "keep");
  unbind(channel, first, second, "a.*");
  channel.publish(first, "a.b", "no");
  EXPECT_EQ(channel.drain(queue), "");
  channel.call(Delete{.exchange = first});
}

TEST_P(ExchangeBindingBehaviour, HeadersDecideAsTheyDoForQueues) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "headers");
  const std::string second = declare_exchange(channel, "fanout");
  const std::string queue = queue_behind(channel, second);
  const amqp::FieldTable arguments{{"kind", "a"}};
  channel.call(Bind{.destination = second, .source = first, .arguments = arguments});
  for (const char* kind : {"a", "b"}) {
    const std::string headers = amqp::encode_table_content({{"kind", kind}});
    channel.publish(first, "", kind, {.headers = as_bytes(headers)});
  }
  EXPECT_EQ(channel.drain(queue), "a ");
  channel.send(Bind{.destination = second, .source = first, .arguments = {{"x-match", "some"}}});
  channel.expect_closed(406,
                        "PRECONDITION_FAILED - Invalid x-match field value <<\"some\">>; expected "
                        "all, any, all-with-x, or any-with-x",
                        Bind::kId);
}

TEST_P(ExchangeBindingBehaviour, TheMessageSaysWhereItWasPublished) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = declare_exchange(channel, "fanout");
  const std::string queue = queue_behind(channel, second);
  bind(channel, first, second, "#");
  channel.publish(first, "key", "body");
  const Delivery delivery = channel.get_message(queue);
  EXPECT_EQ(delivery.exchange, first);
  EXPECT_EQ(delivery.routing_key, "key");
}

TEST_P(ExchangeBindingBehaviour, AQueueGetsAMessageOnceWhateverTheWays) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "topic");
  const std::string left = declare_exchange(channel, "fanout");
  const std::string right = declare_exchange(channel, "topic");
  const std::string queue = queue_behind(channel, left);
  channel.call(amqp::queue::Bind{.queue = queue, .exchange = right, .routing_key = "#"});
  channel.call(amqp::queue::Bind{.queue = queue, .exchange = first, .routing_key = "#"});
  for (const std::string& to : {left, right}) {
    bind(channel, first, to, "#");
    bind(channel, first, to, "key");
  }
  channel.publish(first, "key", "once");
  EXPECT_EQ(channel.drain(queue), "once ");
}

TEST_P(ExchangeBindingBehaviour, CirclesEnd) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "fanout");
  const std::string second = declare_exchange(channel, "fanout");
  const std::string queue = queue_behind(channel, first);
  const std::string other = queue_behind(channel, second);
  bind(channel, first, second, "");
  bind(channel, second, first, "");
  bind(channel, second, second, "");
  for (const std::string& exchange : {first, second}) channel.publish(exchange, "", "m");
  EXPECT_EQ(channel.drain(queue), "m m ");
  EXPECT_EQ(channel.drain(other), "m m ");
  channel.call(Delete{.exchange = first});
  channel.publish(second, "", "m");
  EXPECT_EQ(channel.drain(other), "m ");
  channel.call(Delete{.exchange = second});
}

TEST_P(ExchangeBindingBehaviour, InternalOnesTakeWhatIsBound) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = unique("internal");
  channel.call(
      Declare{.exchange = second, .type = "fanout", .auto_delete = true, .internal = true});
  const std::string queue = queue_behind(channel, second);
  bind(channel, first, second, "#");
  channel.publish(first, "key", "body");
  EXPECT_EQ(channel.drain(queue), "body ");
}

TEST_P(ExchangeBindingBehaviour, MandatoryLooksAtTheQueuesInTheEnd) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = unique("empty");
  channel.call(Declare{.exchange = second, .type = "fanout"});
  bind(channel, first, second, "#");
  channel.publish(first, "key", "lost", {}, /*mandatory=*/true);
  EXPECT_EQ(channel.expect_return().body, "lost");
  channel.call(Delete{.exchange = second});
}

TEST_P(ExchangeBindingBehaviour, BindingTwiceIsOneBinding) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = declare_exchange(channel, "fanout");
  const std::string queue = queue_behind(channel, second);
  bind(channel, first, second, "#");
  bind(channel, first, second, "#");
  bind(channel, first, second, "other");
  unbind(channel, first, second, "#");
  channel.publish(first, "key", "no");
  EXPECT_EQ(channel.drain(queue), "");
}

TEST_P(ExchangeBindingBehaviour, NoWaitGetsNoAnswer) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = declare_exchange(channel, "fanout");
  const std::string queue = queue_behind(channel, second);
  channel.send(Bind{.destination = second, .source = first, .routing_key = "#", .no_wait = true});
  channel.publish(first, "key", "body");
  EXPECT_EQ(channel.drain(queue), "body ");
  channel.send(Unbind{.destination = second, .source = first, .routing_key = "#", .no_wait = true});
  expect_gone(channel, first);  // auto-delete
}

TEST_P(ExchangeBindingBehaviour, AnAutoDeleteSourceGoesWithItsLastBinding) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = unique("kept");
  channel.call(Declare{.exchange = second});
  bind(channel, first, second, "a");
  bind(channel, first, second, "b");
  unbind(channel, first, second, "a");
  channel.call(Declare{.exchange = first, .passive = true});
  channel.call(Delete{.exchange = second});
  expect_gone(channel, first);
}

TEST_P(ExchangeBindingBehaviour, AnAutoDeleteDestinationStays) {
  WireChannel channel = connected_channel();
  const std::string first = unique("kept");
  channel.call(Declare{.exchange = first});
  const std::string second = declare_exchange(channel, "topic");
  bind(channel, first, second, "a");
  channel.call(Delete{.exchange = first});
  channel.call(Delete{.exchange = second, .if_unused = true});
}

TEST_P(ExchangeBindingBehaviour, ChainsOfAutoDeleteOnesGoTogether) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = declare_exchange(channel, "topic");
  const std::string third = declare_exchange(channel, "topic");
  bind(channel, first, second, "a");
  bind(channel, second, third, "a");
  const std::string queue = queue_behind(channel, third);
  channel.call(amqp::queue::Delete{.queue = queue});
  for (const std::string& name : {first, second, third}) expect_gone(open_channel(client, 2), name);
}

TEST_P(ExchangeBindingBehaviour, CirclesOfAutoDeleteOnesGoTogether) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = declare_exchange(channel, "topic");
  bind(channel, first, second, "a");
  bind(channel, second, first, "a");
  unbind(channel, first, second, "a");
  for (const std::string& name : {first, second}) expect_gone(open_channel(client, 2), name);
}

TEST_P(ExchangeBindingBehaviour, IfUnusedLooksAtWhatLeadsAway) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = declare_exchange(channel, "topic");
  bind(channel, first, second, "a");
  channel.send(Delete{.exchange = first, .if_unused = true});
  channel.expect_closed(
      406, fmt::format("PRECONDITION_FAILED - exchange '{}' in vhost '/' in use", first),
      Delete::kId);
  channel = open_channel(client);
  channel.call(Delete{.exchange = second, .if_unused = true});
  expect_gone(channel, first);
}

TEST_P(ExchangeBindingBehaviour, MissingOnesAreNotFound) {
  WireClient& client = connect();
  const std::string missing = unique("missing");
  const std::string lost = unique("lost");
  const Bind refused[] = {{.destination = missing, .source = "amq.topic"},
                          {.destination = "amq.topic", .source = missing},
                          {.destination = lost, .source = missing}};
  for (const Bind& method : refused) {
    WireChannel channel = open_channel(client);
    channel.send(method);
    channel.expect_closed(404, no_exchange(missing), Bind::kId);
  }
  WireChannel channel = open_channel(client);
  unbind(channel, missing, "amq.topic", "a");
  unbind(channel, "amq.topic", missing, "a");
}

TEST_P(ExchangeBindingBehaviour, TheDefaultOneIsNeitherEnd) {
  WireClient& client = connect();
  const std::string missing = unique("missing");
  for (const auto& [from, to] :
       {std::pair<std::string_view, std::string_view>{"", missing}, {missing, ""}, {"", ""}}) {
    WireChannel channel = open_channel(client);
    channel.send(Bind{.destination = to, .source = from});
    channel.expect_closed(403, kDefaultExchangeRefused, Bind::kId);
    channel = open_channel(client);
    channel.send(Unbind{.destination = to, .source = from});
    channel.expect_closed(403, kDefaultExchangeRefused, Unbind::kId);
  }
}

TEST_P(ExchangeBindingBehaviour, ThePredeclaredOnesCanBeBound) {
  WireChannel channel = connected_channel();
  const std::string key = unique("key");
  const std::string second = declare_exchange(channel, "fanout");
  const std::string queue = queue_behind(channel, second);
  bind(channel, "amq.topic", second, key);
  channel.publish("amq.topic", key, "body");
  EXPECT_EQ(channel.drain(queue), "body ");
}

}  // namespace
}  // namespace bb::test
