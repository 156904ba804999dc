// What RabbitMQ has and this broker not yet: refused by name, and never taken for something else.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_OWN_SUITE(NotYet);

TEST_P(NotYet, Transactions) {
  WireClient& client = connect();
  open_channel(client).send(amqp::tx::Select{});
  client.expect_connection_closed(540, "NOT_IMPLEMENTED - transactions; use confirm.select",
                                  amqp::tx::Select::kId);
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
  const auto* value = capabilities->as_table()->find("direct_reply_to");
  EXPECT_TRUE(value == nullptr || (value->as_bool() != nullptr && !*value->as_bool()));
}

}  // namespace
}  // namespace bb::test
