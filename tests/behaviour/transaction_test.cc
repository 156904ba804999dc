// Transactions.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_BEHAVIOUR_SUITE(TransactionBehaviour);

TEST_P(TransactionBehaviour, WhatIsPublishedIsThereAfterTheCommit) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare({.queue = unique("tx"), .durable = true});
  channel.call(amqp::tx::Select{});
  channel.publish("", queue, "a", {.delivery_mode = amqp::kPersistent});
  channel.publish("", queue, "b");
  EXPECT_EQ(channel.message_count(queue), 0u);
  channel.call(amqp::tx::Commit{});
  EXPECT_EQ(channel.message_count(queue), 2u);
  channel.publish("", queue, "c");
  channel.call(amqp::tx::Rollback{});
  EXPECT_EQ(channel.call(amqp::queue::Delete{.queue = queue}).message_count, 2u);
}

TEST_P(TransactionBehaviour, WhatIsAcknowledgedGoesWithTheCommit) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client, 1);
  const std::string queue = channel.declare_exclusive();
  for (const char* body : {"a", "b"}) channel.put(queue, body);
  channel.call(amqp::tx::Select{});
  channel.ack(channel.get_message(queue, /*no_ack=*/false).tag);
  channel.call(amqp::tx::Commit{});
  const std::uint64_t held_back = channel.get_message(queue, /*no_ack=*/false).tag;
  channel.ack(held_back);
  channel.call(amqp::tx::Rollback{});
  channel.ack(held_back);  // it is unacknowledged again
  channel.call(amqp::tx::Rollback{});
  channel.call(amqp::channel::Close{});
  EXPECT_EQ(open_channel(client, 2).drain(queue), "b ");
}

TEST_P(TransactionBehaviour, WhatIsUnroutableComesBackAtTheCommit) {
  WireChannel channel = connected_channel();
  channel.call(amqp::tx::Select{});
  channel.publish("amq.direct", unique("nowhere"), "body", {}, /*mandatory=*/true);
  channel.send(amqp::tx::Commit{});
  EXPECT_EQ(channel.expect_return().body, "body");
  channel.expect<amqp::tx::CommitOk>();
}

TEST_P(TransactionBehaviour, WhereAMessageGoesIsFoundAsItIsPublished) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare_exchange(channel, "fanout");
  const std::string early = channel.declare_exclusive();
  const std::string late = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{.queue = early, .exchange = exchange});
  channel.call(amqp::tx::Select{});
  channel.publish(exchange, "", "body");
  channel.call(amqp::queue::Bind{.queue = late, .exchange = exchange});
  channel.call(amqp::exchange::Delete{.exchange = exchange});
  channel.call(amqp::tx::Commit{});
  EXPECT_EQ(channel.drain(early), "body ");
  EXPECT_EQ(channel.drain(late), "");
  channel.publish("", early, "gone");
  channel.call(amqp::queue::Delete{.queue = early});
  channel.call(amqp::tx::Commit{});
}

TEST_P(TransactionBehaviour, AnExchangeThatIsNotThereIsToldAtOnce) {
  WireChannel channel = connected_channel();
  channel.call(amqp::tx::Select{});
  const std::string exchange = unique("nowhere");
  channel.publish(exchange, "", "body");
  channel.expect_closed(404, no_exchange(exchange), amqp::basic::Publish::kId);
}

TEST_P(TransactionBehaviour, NeedsSelect) {
  WireChannel channel = connected_channel();
  channel.send(amqp::tx::Commit{});
  channel.expect_closed(406, "PRECONDITION_FAILED - channel is not transactional",
                        amqp::tx::Commit::kId);
}

TEST_P(TransactionBehaviour, DoesNotGoWithConfirms) {
  WireClient& client = connect();
  WireChannel confirming = open_channel(client, 1);
  confirming.call(amqp::confirm::Select{});
  confirming.send(amqp::tx::Select{});
  confirming.expect_closed(406, "PRECONDITION_FAILED - cannot switch from confirm to tx mode",
                           amqp::tx::Select::kId);
  WireChannel transactional = open_channel(client, 2);
  transactional.call(amqp::tx::Select{});
  transactional.send(amqp::confirm::Select{});
  transactional.expect_closed(406, "PRECONDITION_FAILED - cannot switch from tx to confirm mode",
                              amqp::confirm::Select::kId);
}

}  // namespace
}  // namespace bb::test
