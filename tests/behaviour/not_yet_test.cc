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

TEST_P(NotYet, QueueArgumentsThatChangeWhatHappensToMessages) {
  const amqp::FieldTable::Entry arguments[] = {
      {"x-message-ttl", 1},        {"x-expires", 1},
      {"x-max-length", 1},         {"x-max-length-bytes", 1},
      {"x-overflow", "drop-head"}, {"x-dead-letter-exchange", "amq.fanout"},
      {"x-max-priority", 1},
  };
  for (const auto& argument : arguments) {
    WireClient& client = connect();
    const std::string queue = unique("queue");
    open_channel(client).send(amqp::queue::Declare{.queue = queue, .arguments = {argument}});
    client.expect_connection_closed(540,
                                    fmt::format("NOT_IMPLEMENTED - argument '{}' of queue '{}' in "
                                                "vhost '/'",
                                                argument.first, queue),
                                    amqp::queue::Declare::kId);
  }
}

TEST_P(NotYet, ArgumentsOfQuorumQueuesThatChangeWhatHappensToMessages) {
  const amqp::FieldTable::Entry arguments[] = {
      {"x-delivery-limit", 1},         {"x-dead-letter-strategy", "at-least-once"},
      {"x-delayed-retry-type", "all"}, {"x-delayed-retry-min", 1},
      {"x-delayed-retry-max", 1},
  };
  for (const auto& argument : arguments) {
    WireClient& client = connect();
    const std::string queue = unique("queue");
    open_channel(client).send(amqp::queue::Declare{
        .queue = queue, .durable = true, .arguments = {{"x-queue-type", "quorum"}, argument}});
    client.expect_connection_closed(540,
                                    fmt::format("NOT_IMPLEMENTED - argument '{}' of queue '{}' in "
                                                "vhost '/'",
                                                argument.first, queue),
                                    amqp::queue::Declare::kId);
  }
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
