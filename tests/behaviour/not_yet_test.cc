// What RabbitMQ has and this broker not yet: refused by name, and never taken for something else.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_OWN_SUITE(NotYet);

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

}  // namespace
}  // namespace bb::test
