#include "client/channel_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/scripted_broker.h"

namespace bb::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// An open connection with one open channel, number 1.
class ChannelProtocolTest : public testing::Test {
 protected:
  ChannelProtocolTest() {
    broker.opens();
    channel = broker.open_channel();
    broker.received();
  }

  // The error that the connection ended with.
  ErrorCode violation() {
    const auto ended = broker.events<ConnectionEnded>();
    if (ended.size() == 1) return ended[0].error.code;
    ADD_FAILURE() << ended.size() << " ends";
    return ErrorCode::kFailure;
  }

  ScriptedBroker broker;
  std::shared_ptr<ChannelProtocol> channel;
};

TEST_F(ChannelProtocolTest, OpeningIsWrittenAndNotWaitedFor) {
  const auto other = broker.protocol.open_channel();
  ASSERT_TRUE(other);
  ASSERT_TRUE((*other)->enable_confirms());
  ASSERT_TRUE((*other)->publish({.routing_key = "q", .body = "x"}));
  EXPECT_THAT(broker.received(),
              ElementsAre("channel.open", "confirm.select", "basic.publish", "header", "body"));
}

TEST_F(ChannelProtocolTest, AnswersGoToTheCallsInOrder) {
  const auto first = channel->call(amqp::queue::Declare{.queue = "a"});
  const auto second = channel->call(amqp::queue::Declare{.queue = "b"});
  const auto third = channel->call(amqp::queue::Delete{.queue = "b"});
  ASSERT_TRUE(first && second && third);
  broker.sends(1, amqp::queue::DeclareOk{.queue = "a", .message_count = 3, .consumer_count = 4});
  broker.sends(1, amqp::queue::DeclareOk{.queue = "b"});
  broker.sends(1, amqp::queue::DeleteOk{.message_count = 5});
  const auto done = broker.events<CallDone>();
  ASSERT_EQ(done.size(), 3u);
  EXPECT_EQ(done[0].call, *first);
  EXPECT_EQ(done[0].result->text, "a");
  EXPECT_EQ(done[0].result->message_count, 3u);
  EXPECT_EQ(done[0].result->consumer_count, 4u);
  EXPECT_EQ(done[1].call, *second);
  EXPECT_EQ(done[1].result->text, "b");
  EXPECT_EQ(done[2].call, *third);
  EXPECT_EQ(done[2].result->message_count, 5u);
}

TEST_F(ChannelProtocolTest, AnAnswerOutOfOrderIsTheConnectionsError) {
  ASSERT_TRUE(channel->call(amqp::queue::Declare{.queue = "a"}));
  broker.sends(1, amqp::queue::PurgeOk{});
  EXPECT_EQ(violation(), ErrorCode::kUnexpectedFrame);
}

TEST_F(ChannelProtocolTest, AnAnswerNobodyAskedForIsTheConnectionsError) {
  broker.sends(1, amqp::queue::PurgeOk{});
  EXPECT_EQ(violation(), ErrorCode::kUnexpectedFrame);
}

TEST_F(ChannelProtocolTest, ARequestFromTheBrokerIsTheConnectionsError) {
  ASSERT_TRUE(channel->call(amqp::queue::Purge{.queue = "a"}));
  broker.sends(1, amqp::queue::Purge{.queue = "a"});
  EXPECT_EQ(violation(), ErrorCode::kUnexpectedFrame);
}

TEST_F(ChannelProtocolTest, ACloseOfTheBrokerFailsWhatWaitsAndWhatFollows) {
  ASSERT_TRUE(channel->call(amqp::queue::Purge{.queue = "x"}));
  ASSERT_TRUE(channel->call(amqp::queue::Purge{.queue = "y"}));
  broker.received();
  broker.sends(1, amqp::channel::Close{.reply_code = 404, .reply_text = "NOT_FOUND - no queue"});
  const Error error{ErrorCode::kNotFound, "NOT_FOUND - no queue"};
  EXPECT_THAT(broker.received(), ElementsAre("channel.close-ok"));
  const auto events = broker.protocol.take_events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(std::get<CallDone>(events[0]).result.error(), error);
  EXPECT_EQ(std::get<CallDone>(events[1]).result.error(), error);
  EXPECT_EQ(std::get<ChannelEnded>(events[2]).error, error);
  EXPECT_FALSE(std::get<ChannelEnded>(events[2]).by_close);
  EXPECT_EQ(channel->publish({}).error(), error);
  EXPECT_EQ(channel->call(amqp::queue::Purge{}).error(), error);
  EXPECT_EQ(channel->send(amqp::basic::Ack{}).error(), error);
  EXPECT_TRUE(channel->is_gone());
  EXPECT_TRUE(broker.protocol.is_open());
}

TEST_F(ChannelProtocolTest, ClosingWaitsForWhatWasCalledBefore) {
  const auto purge = channel->call(amqp::queue::Purge{.queue = "x"});
  const auto close = channel->close();
  ASSERT_TRUE(purge && close);
  EXPECT_EQ(channel->publish({}).error().code, ErrorCode::kClosed);
  EXPECT_EQ(channel->close().error().code, ErrorCode::kClosed);
  broker.sends(1, amqp::queue::PurgeOk{.message_count = 1});
  broker.sends(1, amqp::channel::CloseOk{});
  const auto events = broker.protocol.take_events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(std::get<CallDone>(events[0]).call, *purge);
  EXPECT_EQ(std::get<CallDone>(events[1]).call, *close);
  EXPECT_TRUE(std::get<CallDone>(events[1]).result);
  EXPECT_TRUE(std::get<ChannelEnded>(events[2]).by_close);
}

// The broker's close is answered, and its answer to ours still comes.
TEST_F(ChannelProtocolTest, ClosesThatCross) {
  const auto purge = channel->call(amqp::queue::Purge{.queue = "x"});
  const auto close = channel->close();
  ASSERT_TRUE(purge && close);
  broker.received();
  broker.sends(1, amqp::channel::Close{.reply_code = 404, .reply_text = "NOT_FOUND"});
  EXPECT_THAT(broker.received(), ElementsAre("channel.close-ok"));
  EXPECT_FALSE(channel->is_gone());
  broker.sends(1, amqp::channel::CloseOk{});
  const auto events = broker.protocol.take_events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(std::get<CallDone>(events[0]).result.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(std::get<CallDone>(events[1]).call, *close);
  EXPECT_TRUE(std::get<CallDone>(events[1]).result);
  EXPECT_TRUE(std::get<ChannelEnded>(events[2]).by_close);
  EXPECT_TRUE(broker.protocol.is_open());
}

TEST_F(ChannelProtocolTest, FlowIsAnsweredAndRemembered) {
  broker.sends(1, amqp::channel::Flow{.active = false});
  EXPECT_FALSE(broker.expects<amqp::channel::FlowOk>().active);
  EXPECT_FALSE(channel->flow_active());
  broker.sends(1, amqp::channel::Flow{.active = true});
  EXPECT_TRUE(broker.expects<amqp::channel::FlowOk>().active);
  EXPECT_TRUE(channel->flow_active());
}

TEST_F(ChannelProtocolTest, DeliveriesComeWhole) {
  const std::string big(10'000, 'x');
  const amqp::basic::Deliver method{.consumer_tag = "c",
                                    .delivery_tag = 7,
                                    .redelivered = true,
                                    .exchange = "e",
                                    .routing_key = "k"};
  amqp::BasicProperties properties;
  properties.message_id = "m";
  broker.sends(1, method, properties, big);
  broker.sends(1, method, {}, "");
  const auto delivered = broker.events<Delivered>();
  ASSERT_EQ(delivered.size(), 2u);
  const Delivery& delivery = delivered[0].delivery;
  EXPECT_EQ(delivery.consumer_tag, "c");
  EXPECT_EQ(delivery.delivery_tag, 7u);
  EXPECT_TRUE(delivery.redelivered);
  EXPECT_EQ(delivery.exchange, "e");
  EXPECT_EQ(delivery.routing_key, "k");
  EXPECT_EQ(delivery.properties().message_id, "m");
  EXPECT_EQ(delivery.body, big);
  EXPECT_EQ(delivered[1].delivery.body, "");
  EXPECT_EQ(delivered[1].delivery.properties().message_id, std::nullopt);
}

TEST_F(ChannelProtocolTest, ContentsOfTwoChannelsMayMix) {
  const auto other = broker.open_channel();
  Buffer one;
  amqp::encode_content(one, 1, as_bytes(std::string_view("\0\0", 2)), as_bytes("one"), 4096);
  Buffer two;
  amqp::encode_content(two, 2, as_bytes(std::string_view("\0\0", 2)), as_bytes("two"), 4096);
  const std::size_t header_bytes = 7 + 14 + 1;
  broker.sends(1, amqp::basic::Deliver{.consumer_tag = "c"});
  broker.protocol.on_bytes(one.view().first(header_bytes));
  broker.sends(2, amqp::basic::Deliver{.consumer_tag = "c"});
  broker.protocol.on_bytes(two.view());
  broker.protocol.on_bytes(one.view().subspan(header_bytes));
  const auto delivered = broker.events<Delivered>();
  ASSERT_EQ(delivered.size(), 2u);
  EXPECT_EQ(delivered[0].channel, other->key());
  EXPECT_EQ(delivered[0].delivery.body, "two");
  EXPECT_EQ(delivered[1].channel, channel->key());
  EXPECT_EQ(delivered[1].delivery.body, "one");
}

TEST_F(ChannelProtocolTest, AMethodInTheMiddleOfAContentIsTheConnectionsError) {
  broker.sends(1, amqp::basic::Deliver{.consumer_tag = "c"});
  broker.sends(1, amqp::basic::Ack{.delivery_tag = 1});
  EXPECT_EQ(violation(), ErrorCode::kUnexpectedFrame);
}

TEST_F(ChannelProtocolTest, MalformedPropertiesAreTheConnectionsError) {
  broker.sends(1, amqp::basic::Deliver{.consumer_tag = "c"});
  Buffer content;
  amqp::encode_content(content, 1, as_bytes(std::string_view("\x80\x00\x09x", 4)), {}, 4096);
  broker.protocol.on_bytes(content.view());
  EXPECT_EQ(violation(), ErrorCode::kSyntaxError);
}

TEST_F(ChannelProtocolTest, GetHasTwoAnswers) {
  const auto full = channel->call(amqp::basic::Get{.queue = "q"});
  const auto empty = channel->call(amqp::basic::Get{.queue = "q"});
  ASSERT_TRUE(full && empty);
  broker.sends(1, amqp::basic::GetOk{.delivery_tag = 9, .routing_key = "k"}, {}, "body");
  broker.sends(1, amqp::basic::GetEmpty{});
  const auto done = broker.events<CallDone>();
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[0].call, *full);
  ASSERT_TRUE(done[0].result->delivery.has_value());
  EXPECT_EQ(done[0].result->delivery->delivery_tag, 9u);
  EXPECT_EQ(done[0].result->delivery->body, "body");
  EXPECT_EQ(done[1].call, *empty);
  EXPECT_FALSE(done[1].result->delivery.has_value());
}

TEST_F(ChannelProtocolTest, ABrokersCancelIsToldAndAnsweredIfAsked) {
  broker.sends(1, amqp::basic::Cancel{.consumer_tag = "a", .no_wait = true});
  EXPECT_THAT(broker.received(), IsEmpty());
  broker.sends(1, amqp::basic::Cancel{.consumer_tag = "b", .no_wait = false});
  EXPECT_THAT(broker.received(), ElementsAre("basic.cancel-ok"));
  const auto cancelled = broker.events<ConsumerCancelled>();
  ASSERT_EQ(cancelled.size(), 2u);
  EXPECT_EQ(cancelled[0].consumer_tag, "a");
  EXPECT_EQ(cancelled[1].consumer_tag, "b");
}

TEST_F(ChannelProtocolTest, AReturnBelongsToItsConfirm) {
  ASSERT_TRUE(channel->enable_confirms());
  amqp::BasicProperties properties;
  for (const char* id : {"a", "b", "c"}) {
    properties.message_id = id;
    ASSERT_TRUE(channel->publish({.routing_key = "k", .properties = properties}));
  }
  properties.message_id = "b";
  broker.sends(1,
               amqp::basic::Return{
                   .reply_code = 312, .reply_text = "NO_ROUTE", .exchange = "", .routing_key = "k"},
               properties, "");
  EXPECT_THAT(broker.protocol.take_events(), IsEmpty());
  broker.sends(1, amqp::basic::Ack{.delivery_tag = 2, .multiple = true});
  broker.sends(1, amqp::basic::Nack{.delivery_tag = 3});
  const auto confirmed = broker.events<Confirmed>();
  ASSERT_EQ(confirmed.size(), 3u);
  EXPECT_FALSE(confirmed[0].confirm.returned || confirmed[0].confirm.nacked);
  EXPECT_TRUE(confirmed[1].confirm.returned);
  EXPECT_EQ(confirmed[1].confirm.return_text, "NO_ROUTE");
  EXPECT_TRUE(confirmed[2].confirm.nacked);
}

TEST_F(ChannelProtocolTest, WithoutConfirmsAReturnComesWithoutSequence) {
  EXPECT_EQ(channel->publish({.routing_key = "k"}), 1u);
  EXPECT_EQ(channel->publish({.routing_key = "k"}), 2u);
  broker.sends(1, amqp::basic::Return{.reply_text = "NO_ROUTE", .routing_key = "k"}, {}, "");
  const auto confirmed = broker.events<Confirmed>();
  ASSERT_EQ(confirmed.size(), 1u);
  EXPECT_EQ(confirmed[0].confirm.sequence, 0u);
  EXPECT_TRUE(confirmed[0].confirm.returned);
}

TEST_F(ChannelProtocolTest, AConfirmOfNothingIsTheConnectionsError) {
  ASSERT_TRUE(channel->enable_confirms());
  broker.sends(1, amqp::basic::Ack{.delivery_tag = 1});
  EXPECT_EQ(violation(), ErrorCode::kUnexpectedFrame);
}

TEST_F(ChannelProtocolTest, ConfirmsAreTurnedOnOnceAndBeforePublishing) {
  ASSERT_TRUE(channel->enable_confirms());
  ASSERT_TRUE(channel->enable_confirms());
  EXPECT_THAT(broker.received(), ElementsAre("confirm.select"));
  const auto other = broker.open_channel();
  ASSERT_TRUE(other->publish({.routing_key = "k"}));
  EXPECT_EQ(other->enable_confirms().error().code, ErrorCode::kUsage);
}

TEST_F(ChannelProtocolTest, ATooLargeMessageClosesTheChannelAlone) {
  const auto get = channel->call(amqp::basic::Get{.queue = "q"});
  ASSERT_TRUE(get);
  broker.received();
  const std::string body((1 << 20) + 1, 'x');
  broker.sends(1, amqp::basic::GetOk{.delivery_tag = 1}, {}, body);
  EXPECT_EQ(broker.expects<amqp::channel::Close>().reply_code, 311);
  const auto events = broker.protocol.take_events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(std::get<CallDone>(events[0]).result.error().code, ErrorCode::kContentTooLarge);
  EXPECT_EQ(std::get<ChannelEnded>(events[1]).error.code, ErrorCode::kContentTooLarge);

  // Whatever was on its way is passed over, and the number is taken until the broker answers.
  broker.sends(1, amqp::basic::Deliver{.consumer_tag = "c"}, {}, "late");
  EXPECT_FALSE(channel->is_gone());
  broker.sends(1, amqp::channel::CloseOk{});
  EXPECT_TRUE(channel->is_gone());
  EXPECT_THAT(broker.protocol.take_events(), IsEmpty());
  EXPECT_TRUE(broker.protocol.is_open());
}

TEST_F(ChannelProtocolTest, BodiesAreCutIntoFramesAndEmptyOnesHaveNone) {
  const std::string body(131072, 'x');
  ASSERT_TRUE(channel->publish({.routing_key = "k", .body = body}));
  EXPECT_THAT(broker.received(), ElementsAre("basic.publish", "header", "body", "body"));
  ASSERT_TRUE(channel->publish({.routing_key = "k"}));
  EXPECT_THAT(broker.received(), ElementsAre("basic.publish", "header"));
}

TEST_F(ChannelProtocolTest, WhatAmqpCannotCarryIsRefusedAndNotWritten) {
  ASSERT_TRUE(channel->enable_confirms());
  broker.received();
  const std::string long_text(256, 'x');
  EXPECT_EQ(channel->publish({.routing_key = long_text}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(channel->publish({.exchange = long_text}).error().code, ErrorCode::kUsage);
  amqp::BasicProperties properties;
  properties.message_id = long_text;
  const auto refused = channel->publish({.routing_key = "k", .properties = properties});
  EXPECT_THAT(refused.error().message, HasSubstr("the property message_id has 256 bytes"));

  const std::string huge(140'000, 'x');
  const std::string headers = amqp::encode_table_content({{"h", huge}});
  properties = {};
  properties.headers = as_bytes(headers);
  EXPECT_EQ(channel->publish({.routing_key = "k", .properties = properties}).error().code,
            ErrorCode::kContentTooLarge);
  EXPECT_EQ(
      channel->call(amqp::queue::Declare{.queue = "q", .arguments = {{"a", huge}}}).error().code,
      ErrorCode::kContentTooLarge);
  EXPECT_THAT(broker.received(), IsEmpty());
  EXPECT_EQ(channel->publish({.routing_key = "k"}), 1u);
}

TEST_F(ChannelProtocolTest, TheOutputIsBounded) {
  const std::string body(300'000, 'x');
  for (int number = 0; number < 3; ++number) {
    ASSERT_TRUE(channel->publish({.routing_key = "k", .body = body}));
  }
  const auto refused = channel->publish({.routing_key = "k", .body = body});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kResourceError);
  EXPECT_THAT(refused.error().message, HasSubstr("writable()"));
  broker.received();
  EXPECT_TRUE(channel->publish({.routing_key = "k", .body = body}));
}

TEST_F(ChannelProtocolTest, CallsInFlightAreBounded) {
  for (std::size_t number = 0; number < kPendingCallsMax; ++number) {
    ASSERT_TRUE(channel->call(amqp::basic::Qos{}));
    if (number % 1000 == 0) broker.received();
  }
  broker.received();
  EXPECT_EQ(channel->call(amqp::basic::Qos{}).error().code, ErrorCode::kResourceError);
  EXPECT_TRUE(channel->close());
}

}  // namespace
}  // namespace bb::client
