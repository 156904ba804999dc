#include "client/protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/scripted_broker.h"
#include "client/text.h"

namespace bb::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProtocolTest : public testing::Test {
 protected:
  ProtocolTest() { broker.opens(); }

  ConnectionEnded end() {
    auto ended = broker.events<ConnectionEnded>();
    if (ended.size() == 1) return ended[0];
    ADD_FAILURE() << ended.size() << " ends";
    return {};
  }

  ScriptedBroker broker;
  Protocol& protocol = broker.protocol;
};

TEST_F(ProtocolTest, ACloseOfTheBrokerEndsChannelsAndCalls) {
  const auto first = broker.open_channel();
  const auto second = broker.open_channel();
  ASSERT_TRUE(first->call(amqp::queue::Purge{.queue = "q"}));
  broker.received();
  broker.sends(
      0, amqp::connection::Close{.reply_code = 320, .reply_text = "CONNECTION_FORCED - shutdown"});
  EXPECT_THAT(broker.received(), ElementsAre("connection.close-ok"));
  const auto events = protocol.take_events();
  ASSERT_EQ(events.size(), 4u);
  const auto& call = std::get<CallDone>(events[0]);
  ASSERT_FALSE(call.result);
  EXPECT_EQ(call.result.error().code, ErrorCode::kConnectionForced);
  EXPECT_EQ(std::get<ChannelEnded>(events[1]).channel, first->key());
  EXPECT_EQ(std::get<ChannelEnded>(events[2]).channel, second->key());
  const auto& ended = std::get<ConnectionEnded>(events[3]);
  EXPECT_FALSE(ended.by_close);
  EXPECT_EQ(ended.error.code, ErrorCode::kConnectionForced);
  EXPECT_EQ(ended.error.message,
            "the broker at localhost:5672 closed the connection: CONNECTION_FORCED - shutdown");
  EXPECT_EQ(first->publish({}).error(), ended.error);
  EXPECT_EQ(protocol.open_channel().error(), ended.error);
}

TEST_F(ProtocolTest, NothingAfterTheEndIsLookedAt) {
  broker.sends(0, amqp::connection::Close{.reply_code = 320, .reply_text = "x"});
  broker.received();
  protocol.take_events();
  broker.sends_text("garbage");
  protocol.on_eof("");
  protocol.on_tick();
  EXPECT_THAT(broker.received(), IsEmpty());
  EXPECT_THAT(protocol.take_events(), IsEmpty());
}

TEST_F(ProtocolTest, SaysGoodbyeOnceAndWaitsForTheAnswer) {
  const auto channel = broker.open_channel();
  protocol.close();
  protocol.close();
  EXPECT_THAT(broker.received(), ElementsAre("connection.close"));
  EXPECT_FALSE(protocol.is_open());
  EXPECT_FALSE(protocol.has_ended());
  EXPECT_FALSE(channel->is_open());
  EXPECT_EQ(channel->publish({}).error().code, ErrorCode::kClosed);
  EXPECT_EQ(protocol.open_channel().error().code, ErrorCode::kClosed);

  broker.sends(0, amqp::connection::CloseOk{});
  EXPECT_TRUE(protocol.said_goodbye());
  const auto events = protocol.take_events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(std::get<ChannelEnded>(events[0]).by_close);
  EXPECT_TRUE(std::get<ConnectionEnded>(events[1]).by_close);
}

TEST_F(ProtocolTest, ConfirmsCountWhileSayingGoodbyeAndDeliveriesDoNot) {
  const auto channel = broker.open_channel();
  ASSERT_TRUE(channel->enable_confirms());
  ASSERT_TRUE(channel->publish({.routing_key = "q"}));
  protocol.close();
  broker.sends(1, amqp::basic::Deliver{.consumer_tag = "c", .delivery_tag = 1}, {}, "body");
  broker.sends(1, amqp::basic::Ack{.delivery_tag = 1});
  const auto events = protocol.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(std::get<Confirmed>(events[0]).confirm.sequence, 1u);
}

TEST_F(ProtocolTest, AnyEndAfterGoodbyeIsOurs) {
  protocol.close();
  protocol.on_eof("");
  EXPECT_TRUE(end().by_close);
  EXPECT_FALSE(protocol.said_goodbye());
}

TEST_F(ProtocolTest, GoodbyesThatCross) {
  protocol.close();
  broker.received();
  broker.sends(0, amqp::connection::Close{.reply_code = 320, .reply_text = "x"});
  EXPECT_THAT(broker.received(), ElementsAre("connection.close-ok"));
  EXPECT_TRUE(end().by_close);
}

TEST_F(ProtocolTest, ALostConnectionSaysWhich) {
  protocol.on_eof("Connection reset by peer");
  const auto ended = end();
  EXPECT_FALSE(ended.by_close);
  EXPECT_EQ(ended.error.code, ErrorCode::kClosed);
  EXPECT_EQ(ended.error.message,
            "the connection to the broker at localhost:5672 broke off (Connection reset by peer)");
}

TEST_F(ProtocolTest, AMalformedFrameIsAnsweredWithItsCode) {
  broker.sends_text(std::string_view("\x01\x00\x00\x00\x00\x00\x01\x00X", 9));
  EXPECT_EQ(broker.expects<amqp::connection::Close>().reply_code, 501);
  const auto ended = end();
  EXPECT_EQ(ended.error.code, ErrorCode::kFrameError);
  EXPECT_THAT(ended.error.message, HasSubstr("the connection to localhost:5672 failed: "));
}

TEST_F(ProtocolTest, FramesAboveTheAgreedSizeAreRefused) {
  ScriptedBroker small;
  small.begins();
  small.sends_start();
  small.sends(0, amqp::connection::Tune{.frame_max = 4096});
  small.sends(0, amqp::connection::OpenOk{});
  small.received();
  small.sends_text(std::string_view("\x03\x00\x01\x00\x00\x10\x00", 7));
  EXPECT_EQ(small.expects<amqp::connection::Close>().reply_code, 501);
}

TEST_F(ProtocolTest, AFrameOnAChannelThatIsNotOpenIsAnError) {
  broker.sends(9, amqp::basic::Ack{.delivery_tag = 1});
  EXPECT_EQ(broker.expects<amqp::connection::Close>().reply_code, 504);
  EXPECT_EQ(end().error.code, ErrorCode::kChannelError);
}

TEST_F(ProtocolTest, ContentOnChannelZeroIsAnError) {
  broker.sends_text(std::string_view("\x03\x00\x00\x00\x00\x00\x00\xCE", 8));
  EXPECT_EQ(end().error.code, ErrorCode::kUnexpectedFrame);
}

TEST_F(ProtocolTest, TellsWhenTheBrokerBlocks) {
  broker.sends(0, amqp::connection::Blocked{.reason = "low on\nmemory"});
  auto changes = broker.events<BlockedChanged>();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_TRUE(changes[0].blocked);
  EXPECT_EQ(changes[0].reason, "low on memory");
  broker.sends(0, amqp::connection::Unblocked{});
  changes = broker.events<BlockedChanged>();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_FALSE(changes[0].blocked);
  EXPECT_TRUE(protocol.is_open());
}

TEST_F(ProtocolTest, AHeartbeatIsSentWhenNothingElseWas) {
  broker.received();
  protocol.on_tick();  // what was sent before it counts
  EXPECT_THAT(broker.received(), IsEmpty());
  protocol.on_tick();
  EXPECT_THAT(broker.received(), ElementsAre("heartbeat"));
  protocol.on_tick();  // the heartbeat itself was traffic
  EXPECT_THAT(broker.received(), IsEmpty());
}

TEST_F(ProtocolTest, NoHeartbeatIsAddedToWhatWaits) {
  protocol.on_tick();
  const auto channel = protocol.open_channel();
  ASSERT_TRUE(channel);
  protocol.on_tick();
  protocol.on_tick();
  EXPECT_THAT(broker.received(), ElementsAre("channel.open"));
}

TEST_F(ProtocolTest, TwoHeartbeatsMissedIsTheEnd) {
  const std::string_view heartbeat("\x08\x00\x00\x00\x00\x00\x00\xCE", 8);
  protocol.on_tick();
  for (int tick = 0; tick < 3; ++tick) protocol.on_tick();
  broker.sends_text(heartbeat);
  for (int tick = 0; tick < 4; ++tick) protocol.on_tick();
  EXPECT_TRUE(protocol.is_open());
  protocol.on_tick();
  const auto ended = end();
  EXPECT_EQ(ended.error.code, ErrorCode::kClosed);
  EXPECT_THAT(ended.error.message, HasSubstr("silent for two heartbeats of 60 s"));
}

TEST_F(ProtocolTest, ChannelsTakeTheLowestFreeNumber) {
  const auto first = protocol.open_channel();
  const auto second = protocol.open_channel();
  ASSERT_TRUE(first && second);
  EXPECT_NE((*first)->key(), (*second)->key());
  broker.sends(1, amqp::channel::OpenOk{});
  broker.sends(2, amqp::channel::OpenOk{});
  ASSERT_TRUE((*first)->close());
  broker.sends(1, amqp::channel::CloseOk{});
  protocol.take_events();

  const auto third = protocol.open_channel();
  ASSERT_TRUE(third);
  EXPECT_NE((*third)->key(), (*first)->key());
  broker.sends(1, amqp::channel::OpenOk{});
  ASSERT_TRUE((*third)->call(amqp::queue::Purge{.queue = "q"}));
  broker.sends(1, amqp::queue::PurgeOk{.message_count = 7});
  const auto done = broker.events<CallDone>();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].channel, (*third)->key());
}

TEST_F(ProtocolTest, ChannelsAreLimitedAsAgreed) {
  auto options = protocol_options();
  options.url.channel_max = 2;
  ScriptedBroker limited(std::move(options));
  limited.opens();
  const auto first = limited.protocol.open_channel();
  const auto second = limited.protocol.open_channel();
  ASSERT_TRUE(first && second);
  const auto third = limited.protocol.open_channel();
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kNotAllowed);
  EXPECT_TRUE(limited.protocol.is_open());
}

TEST_F(ProtocolTest, LongTextsOfThePeerAreCut) {
  const std::string text(255, 'x');
  broker.sends(0, amqp::connection::Close{.reply_code = 541, .reply_text = text});
  EXPECT_THAT(end().error.message, HasSubstr(text));
  EXPECT_EQ(one_line("abcdef", 3), "abc...");
  EXPECT_EQ(one_line("a\tb\r\n\x7f", 10), "a b   ");
}

}  // namespace
}  // namespace bb::client
