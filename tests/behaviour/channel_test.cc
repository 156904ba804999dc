// Opening and closing channels, and errors that end one.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_BEHAVIOUR_SUITE(ChannelBehaviour);

TEST_P(ChannelBehaviour, OpensAndClosesAndOpensAgain) {
  WireClient& client = connect();
  for (int round = 0; round < 3; ++round) {
    WireChannel channel = open_channel(client, 7);
    channel.call(amqp::channel::Close{.reply_code = 200});
  }
}

TEST_P(ChannelBehaviour, OpeningTwiceIsAnError) {
  WireClient& client = connect();
  open_channel(client);
  client.send(1, amqp::channel::Open{});
  client.expect_connection_closed(504, "CHANNEL_ERROR - second 'channel.open' seen",
                                  amqp::channel::Open::kId);
}

TEST_P(ChannelBehaviour, UsingOneThatIsNotOpenIsAnError) {
  WireClient& client = connect();
  client.send(3, amqp::basic::Qos{});
  client.expect_connection_closed(504, "CHANNEL_ERROR - expected 'channel.open'",
                                  amqp::basic::Qos::kId);
}

TEST_P(ChannelBehaviour, UsingOneThatWasClosedIsAnError) {
  WireClient& client = connect();
  open_channel(client).call(amqp::channel::Close{.reply_code = 200});
  client.send(1, amqp::basic::Qos{});
  client.expect_connection_closed(504, "CHANNEL_ERROR - expected 'channel.open'",
                                  amqp::basic::Qos::kId);
}

TEST_P(ChannelBehaviour, ClosingOneThatIsNotOpenIsAnError) {
  WireClient& client = connect();
  client.send(3, amqp::channel::Close{.reply_code = 200});
  client.expect_connection_closed(504, "CHANNEL_ERROR - expected 'channel.open'",
                                  amqp::channel::Close::kId);
}

TEST_P(ChannelBehaviour, CloseOkForOneThatIsNotOpenIsAnError) {
  WireClient& client = connect();
  client.send(3, amqp::channel::CloseOk{});
  client.expect_connection_closed(504, "CHANNEL_ERROR - expected 'channel.open'",
                                  amqp::channel::CloseOk::kId);
}

TEST_P(ChannelBehaviour, NoMoreThanAgreedAreOpened) {
  WireClient& client = connect({.channel_max = 2});
  open_channel(client, 1);
  open_channel(client, 2);
  client.send(3, amqp::channel::Open{});
  client.expect_connection_closed(
      530,
      "NOT_ALLOWED - number of channels opened (2) has reached the negotiated channel_max (2)");
}

TEST_P(ChannelBehaviour, AnErrorEndsItsChannelAlone) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client, 1);
  WireChannel other = open_channel(client, 2);
  const std::string name = unique("missing");
  channel.send(amqp::queue::Declare{.queue = name, .passive = true});
  channel.expect_closed(404, no_queue(name), amqp::queue::Declare::kId);
  other.call(amqp::basic::Qos{});
  open_channel(client, 1).call(amqp::basic::Qos{});
}

TEST_P(ChannelBehaviour, FramesAfterAnErrorAreIgnoredUntilCloseOk) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string name = unique("queue");
  const std::string missing = unique("missing");
  channel.send(amqp::queue::Declare{.queue = missing, .passive = true});
  channel.send(amqp::queue::Declare{.queue = name});
  channel.publish("", name, "never arrives");
  channel.expect_closed(404, no_queue(missing), amqp::queue::Declare::kId);
  WireChannel again = open_channel(client);
  again.send(amqp::queue::Declare{.queue = name, .passive = true});
  again.expect_closed(404, no_queue(name), amqp::queue::Declare::kId);
}

TEST_P(ChannelBehaviour, ContentAfterAnErrorIsIgnored) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string exchange = unique("missing");
  channel.publish(exchange, "key", std::string(300'000, 'x'));
  channel.expect_closed(404, no_exchange(exchange), amqp::basic::Publish::kId);
  open_channel(client).call(amqp::basic::Qos{});
}

TEST_P(ChannelBehaviour, CrossingClosesAreBothAnswered) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string missing = unique("missing");
  channel.send(amqp::queue::Declare{.queue = missing, .passive = true});
  channel.expect<amqp::channel::Close>();
  channel.call(amqp::channel::Close{.reply_code = 200});
  channel.send(amqp::channel::CloseOk{});
  open_channel(client).call(amqp::basic::Qos{});
}

TEST_P(ChannelBehaviour, FlowOffIsNotImplemented) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.call(amqp::channel::Flow{.active = true});
  channel.send(amqp::channel::Flow{.active = false});
  client.expect_connection_closed(540, "NOT_IMPLEMENTED - active=false", amqp::channel::Flow::kId);
}

TEST_P(ChannelBehaviour, FlowOkThatNobodyAskedForIsInvalid) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::channel::FlowOk{.active = true});
  client.expect_connection_closed(503, "COMMAND_INVALID - unimplemented method",
                                  amqp::channel::FlowOk::kId);
}

TEST_P(ChannelBehaviour, AccessIsGranted) {
  EXPECT_EQ(connected_channel().call(amqp::access::Request{.realm = "/data"}).ticket, 1);
}

TEST_P(ChannelBehaviour, AMethodThatOnlyABrokerSendsIsInvalid) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::QosOk{});
  client.expect_connection_closed(503, "COMMAND_INVALID - unimplemented method",
                                  amqp::basic::QosOk::kId);
}

TEST_P(ChannelBehaviour, ConnectionMethodsDoNotBelongHere) {
  WireClient& client = connect();
  open_channel(client);
  client.send(1, amqp::connection::Open{.virtual_host = "/"});
  client.expect_connection_closed(503, "COMMAND_INVALID - unimplemented method",
                                  amqp::connection::Open::kId);
}

TEST_P(ChannelBehaviour, ChannelMethodsDoNotBelongOnChannelZero) {
  WireClient& client = connect();
  client.send(0, amqp::basic::Qos{});
  client.expect_connection_closed(
      504, "CHANNEL_ERROR - unexpected method in connection state running", amqp::basic::Qos::kId);
}

}  // namespace
}  // namespace bb::test
