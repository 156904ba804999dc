// The headers CC and BCC: more routing keys for a message.
#include <fmt/format.h>

#include "base/bytes.h"
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::FieldArray;
using amqp::FieldTable;

class SenderCopiesTest : public BehaviourTest {
 protected:
  static void publish(WireChannel channel, std::string_view exchange, std::string_view key,
                      std::string_view body, const FieldTable& headers, bool mandatory = false) {
    const std::string encoded = amqp::encode_table_content(headers);
    channel.publish(exchange, key, body, {.headers = as_bytes(encoded)}, mandatory);
  }
  static FieldTable headers_of(const Delivery& delivery) {
    return *amqp::decode_table(*delivery.properties.headers);
  }
};

using SenderCopiesBehaviour = SenderCopiesTest;
INSTANTIATE_TEST_SUITE_P(, SenderCopiesBehaviour, testing::Values("core", "bb", "rabbitmq"),
                         broker_of);

TEST_P(SenderCopiesBehaviour, TheDefaultExchangeSendsToEach) {
  WireChannel channel = connected_channel();
  const std::string to = channel.declare_exclusive();
  const std::string cc = channel.declare_exclusive();
  const std::string bcc = channel.declare_exclusive();
  const FieldTable headers{{"BCC", FieldArray{bcc}},
                           {"CC", FieldArray{cc, unique("nobody")}},
                           {"other", std::int32_t{1}}};
  publish(channel, "", to, "body", headers);
  FieldTable delivered = headers;
  delivered.erase("BCC");
  for (const std::string& queue : {to, cc, bcc}) {
    const Delivery delivery = channel.get_message(queue);
    EXPECT_EQ(delivery.body, "body");
    EXPECT_EQ(delivery.routing_key, to);
    EXPECT_EQ(headers_of(delivery), delivered);
    EXPECT_EQ(channel.drain(queue), "");
  }
}

TEST_P(SenderCopiesBehaviour, CountWhereTheKeyDoes) {
  for (const char* type : {"direct", "topic", "fanout", "headers"}) {
    WireChannel channel = connected_channel();
    const std::string exchange = declare_exchange(channel, type);
    const std::string queue = channel.declare_exclusive();
    const std::string other = channel.declare_exclusive();
    channel.call(amqp::queue::Bind{.queue = queue, .exchange = exchange, .routing_key = "copy"});
    channel.call(amqp::queue::Bind{.queue = other,
                                   .exchange = exchange,
                                   .routing_key = "blind",
                                   .arguments = {{"h", "other"}}});
    publish(channel, exchange, "key", "body",
            {{"CC", FieldArray{"copy"}}, {"BCC", FieldArray{"blind"}}});
    const bool is_headers = std::string_view(type) == "headers";
    EXPECT_EQ(channel.drain(queue), "body ") << type;
    EXPECT_EQ(channel.drain(other), is_headers ? "" : "body ") << type;
  }
}

TEST_P(SenderCopiesBehaviour, AQueueGetsAMessageOnce) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "topic");
  const std::string queue = channel.declare_exclusive();
  for (const char* key : {"a", "b", "#"}) {
    channel.call(amqp::queue::Bind{.queue = queue, .exchange = exchange, .routing_key = key});
  }
  publish(channel, exchange, "a", "topic", {{"CC", FieldArray{"b", "a"}}});
  publish(channel, "", queue, "default", {{"CC", FieldArray{queue}}, {"BCC", FieldArray{queue}}});
  EXPECT_EQ(channel.drain(queue), "topic default ");
}

TEST_P(SenderCopiesBehaviour, AreEnoughForARoute) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  publish(channel, "", unique("nobody"), "body", {{"CC", FieldArray{queue}}}, /*mandatory=*/true);
  EXPECT_EQ(channel.drain(queue), "body ");
}

TEST_P(SenderCopiesBehaviour, PassFromExchangeToExchange) {
  WireChannel channel = connected_channel();
  const std::string first = declare_exchange(channel, "topic");
  const std::string second = declare_exchange(channel, "direct");
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::exchange::Bind{.destination = second, .source = first, .routing_key = "copy"});
  channel.call(amqp::queue::Bind{.queue = queue, .exchange = second, .routing_key = "blind"});
  publish(channel, first, "key", "body",
          {{"CC", FieldArray{"copy"}}, {"BCC", FieldArray{"blind"}}});
  EXPECT_EQ(channel.drain(queue), "body ");
}

TEST_P(SenderCopiesBehaviour, WhatIsNoTextInTheArrayDoesNotCount) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  publish(channel, "", "", "body", {{"CC", FieldArray{std::int32_t{1}, queue}}});
  EXPECT_EQ(channel.drain(queue), "body ");
}

TEST_P(SenderCopiesBehaviour, AHeaderThatIsNoArrayIsRefused) {
  WireClient& client = connect();
  for (const auto& [name, value, type] :
       {std::tuple<const char*, amqp::FieldValue, const char*>{"CC", "key", "longstr"},
        {"BCC", std::int32_t{1}, "signedint"},
        {"CC", FieldTable{}, "table"}}) {
    WireChannel channel = open_channel(client);
    publish(channel, "amq.topic", "key", "body", {{name, value}});
    channel.expect_closed(406,
                          fmt::format("PRECONDITION_FAILED - invalid message: "
                                      "{{unacceptable_type_in_header,\"{}\",{}}}",
                                      name, type),
                          amqp::basic::Publish::kId);
  }
}

TEST_P(SenderCopiesBehaviour, DeadLettersGoToThemAgain) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "direct");
  const std::string copies = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{.queue = copies, .exchange = exchange, .routing_key = "copy"});
  const std::string queue = channel.declare({.queue = unique("mortal"),
                                             .exclusive = true,
                                             .arguments = {{"x-dead-letter-exchange", exchange}}});
  publish(channel, "", queue, "body", {{"CC", FieldArray{"copy"}}});
  channel.send(amqp::basic::Reject{.delivery_tag = channel.get_message(queue, false).tag});
  channel.consume(copies);
  const FieldTable headers = headers_of(channel.expect_delivery_of("body"));
  const auto* deaths = headers.find("x-death");
  ASSERT_NE(deaths, nullptr);
  EXPECT_EQ(*deaths->as_array()->at(0).as_table()->find("routing-keys"),
            amqp::FieldValue(FieldArray{queue, "copy"}));
  EXPECT_NE(headers.find("CC"), nullptr);
}

TEST_P(SenderCopiesBehaviour, DeadLettersGoToBlindOnesAgain) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "direct");
  const std::string copies = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{.queue = copies, .exchange = exchange, .routing_key = "blind"});
  const auto mortal = [&](const std::string& to) {
    return channel.declare({.queue = unique("mortal"),
                            .exclusive = true,
                            .arguments = {{"x-dead-letter-exchange", to}}});
  };
  // The second death still knows of them.
  const std::string between = mortal(exchange);
  const std::string middle = declare_exchange(channel, "fanout");
  channel.call(amqp::queue::Bind{.queue = between, .exchange = middle});
  const std::string queue = mortal(middle);
  publish(channel, "", queue, "body", {{"BCC", FieldArray{"blind"}}, {"other", "kept"}});
  for (const std::string& from : {queue, between}) {
    channel.consume(from);
    const Delivery delivery = channel.expect_delivery_of("body");
    EXPECT_EQ(headers_of(delivery).find("BCC"), nullptr);
    channel.send(amqp::basic::Reject{.delivery_tag = delivery.tag});
  }
  channel.consume(copies);
  const FieldTable headers = headers_of(channel.expect_delivery_of("body"));
  EXPECT_EQ(headers.find("BCC"), nullptr);
  EXPECT_NE(headers.find("other"), nullptr);
  EXPECT_EQ(*headers.find("x-death")->as_array()->at(1).as_table()->find("routing-keys"),
            amqp::FieldValue(FieldArray{queue}));
}

TEST_P(SenderCopiesBehaviour, AReturnDoesNotShowBlindOnes) {
  WireChannel channel = connected_channel();
  publish(channel, "amq.direct", unique("nowhere"), "body",
          {{"BCC", FieldArray{unique("nobody")}}, {"other", "kept"}}, /*mandatory=*/true);
  const auto returned = channel.expect_return();
  const auto headers = amqp::decode_table(*returned.properties.headers);
  ASSERT_TRUE(headers);
  EXPECT_EQ(*headers, (FieldTable{{"other", "kept"}}));
}

TEST_P(SenderCopiesBehaviour, ADeathDoesNotTellOfBlindOnes) {
  WireChannel channel = connected_channel();
  const std::string dead = channel.declare_exclusive();
  const std::string queue = channel.declare(
      {.queue = unique("mortal"),
       .exclusive = true,
       .arguments = {{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", dead}}});
  publish(channel, "", queue, "body", {{"BCC", FieldArray{"blind"}}});
  channel.send(amqp::basic::Reject{.delivery_tag = channel.get_message(queue, false).tag});
  channel.consume(dead);
  const FieldTable headers = headers_of(channel.expect_delivery_of("body"));
  EXPECT_EQ(*headers.find("x-death")->as_array()->at(0).as_table()->find("routing-keys"),
            amqp::FieldValue(FieldArray{queue}));
}

}  // namespace
}  // namespace bb::test
