// Direct reply-to.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_BEHAVIOUR_SUITE(ReplyToBehaviour);

constexpr std::string_view kReplyQueue = "amq.rabbitmq.reply-to";

TEST_P(ReplyToBehaviour, AnAnswerReachesWhoAsked) {
  WireClient& client = connect();
  WireChannel asking = open_channel(client, 1);
  WireChannel answering = open_channel(client, 2);
  const std::string questions = answering.declare_exclusive();
  asking.consume(kReplyQueue, /*no_ack=*/true);
  asking.publish("", questions, "question", {.reply_to = kReplyQueue});
  answering.consume(questions, /*no_ack=*/true);
  const Delivery question = answering.expect_delivery();
  ASSERT_TRUE(question.properties.reply_to);
  const std::string reply_to(*question.properties.reply_to);
  EXPECT_TRUE(reply_to.starts_with("amq.rabbitmq.reply-to."));
  EXPECT_EQ(answering.call(amqp::queue::Declare{.queue = reply_to, .passive = true}).consumer_count,
            1u);
  // It is no queue that somebody could delete.
  EXPECT_EQ(answering.call(amqp::queue::Delete{.queue = reply_to}).message_count, 0u);
  answering.publish("", reply_to, "answer");
  const Delivery answer = asking.expect_delivery();
  EXPECT_EQ(answer.body, "answer");
  EXPECT_EQ(answer.routing_key, reply_to);
}

TEST_P(ReplyToBehaviour, TheConsumerComesFirst) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.publish("", queue, "question", {.reply_to = kReplyQueue});
  channel.expect_closed(406, "PRECONDITION_FAILED - fast reply consumer does not exist",
                        amqp::basic::Publish::kId);
}

TEST_P(ReplyToBehaviour, TheConsumerDoesNotAcknowledge) {
  WireChannel channel = connected_channel();
  channel.send(amqp::basic::Consume{.queue = kReplyQueue, .no_ack = false});
  channel.expect_closed(406, "PRECONDITION_FAILED - reply consumer cannot acknowledge",
                        amqp::basic::Consume::kId);
}

TEST_P(ReplyToBehaviour, AChannelHasOneConsumer) {
  WireChannel channel = connected_channel();
  channel.consume(kReplyQueue, /*no_ack=*/true);
  channel.send(amqp::basic::Consume{.queue = kReplyQueue, .no_ack = true});
  channel.expect_closed(406, "PRECONDITION_FAILED - reply consumer already set",
                        amqp::basic::Consume::kId);
}

}  // namespace
}  // namespace bb::test
