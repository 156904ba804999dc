// What RabbitMQ has and this broker not yet: refused by name, and never taken for something else.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_OWN_SUITE(NotYet);

TEST_P(NotYet, BindingsBetweenExchanges) {
  WireClient& client = connect();
  open_channel(client).send(
      amqp::exchange::Bind{.destination = "amq.fanout", .source = "amq.topic", .routing_key = "#"});
  client.expect_connection_closed(540, "NOT_IMPLEMENTED - bindings between exchanges",
                                  amqp::exchange::Bind::kId);
}

TEST_P(NotYet, Transactions) {
  WireClient& client = connect();
  open_channel(client).send(amqp::tx::Select{});
  client.expect_connection_closed(540, "NOT_IMPLEMENTED - transactions; use confirm.select",
                                  amqp::tx::Select::kId);
}

TEST_P(NotYet, AlternateExchanges) {
  WireClient& client = connect();
  open_channel(client).send(amqp::exchange::Declare{
      .exchange = unique("exchange"), .arguments = {{"alternate-exchange", "amq.fanout"}}});
  client.expect_connection_closed(540,
                                  "NOT_IMPLEMENTED - argument 'alternate-exchange' of an exchange",
                                  amqp::exchange::Declare::kId);
}

TEST_P(NotYet, DeadLetteringAtLeastOnce) {
  WireClient& client = connect();
  const std::string queue = unique("queue");
  open_channel(client).send(
      amqp::queue::Declare{.queue = queue,
                           .durable = true,
                           .arguments = {{"x-queue-type", "quorum"},
                                         {"x-dead-letter-exchange", "amq.fanout"},
                                         {"x-dead-letter-strategy", "at-least-once"},
                                         {"x-overflow", "reject-publish"}}});
  client.expect_connection_closed(
      540,
      fmt::format("NOT_IMPLEMENTED - argument 'x-dead-letter-strategy' of queue '{}' in vhost '/'",
                  queue),
      amqp::queue::Declare::kId);
}

TEST_P(NotYet, Streams) {
  WireClient& client = connect();
  const std::string queue = unique("queue");
  open_channel(client).send(amqp::queue::Declare{
      .queue = queue, .durable = true, .arguments = {{"x-queue-type", "stream"}}});
  client.expect_connection_closed(
      540, fmt::format("NOT_IMPLEMENTED - queue type 'stream' of queue '{}' in vhost '/'", queue),
      amqp::queue::Declare::kId);
}

TEST_P(NotYet, AreNotAnnounced) {
  const auto start = dial().send_protocol_header();
  const auto* capabilities = start.server_properties.find("capabilities");
  ASSERT_TRUE(capabilities != nullptr && capabilities->as_table() != nullptr);
  for (const auto* name : {"exchange_exchange_bindings", "direct_reply_to"}) {
    const auto* value = capabilities->as_table()->find(name);
    EXPECT_TRUE(value == nullptr || (value->as_bool() != nullptr && !*value->as_bool())) << name;
  }
}

}  // namespace
}  // namespace bb::test
