// A connection's own business: heartbeats, closing, secrets, and what is lost with it.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

BB_BEHAVIOUR_SUITE(ConnectionBehaviour);

TEST_P(ConnectionBehaviour, ClosesInOrder) {
  WireClient& client = connect();
  open_channel(client);
  client.say_goodbye();
}

TEST_P(ConnectionBehaviour, SendsHeartbeats) {
  WireClient& client = connect({.heartbeat = 1});
  client.send_frame(amqp::FrameType::kHeartbeat, 0, "");
  client.expect_heartbeat();
  client.send_frame(amqp::FrameType::kHeartbeat, 0, "");
  client.expect_heartbeat();
}

TEST_P(ConnectionBehaviour, ASilentClientIsDropped) {
  WireClient& client = connect({.heartbeat = 1});
  client.expect_end();
}

TEST_P(ConnectionBehaviour, AnyTrafficCountsAsAHeartbeat) {
  WireClient& client = connect({.heartbeat = 1});
  WireChannel channel = open_channel(client);
  for (int beats = 0; beats < 4; ++beats) {  // one every half second or more: two intervals
    channel.call(amqp::basic::Qos{});
    client.expect_heartbeat();
  }
  client.say_goodbye();
}

TEST_P(ConnectionBehaviour, UpdatesItsSecret) {
  WireClient& client = connect();
  client.send(0, amqp::connection::UpdateSecret{.new_secret = "guest", .reason = "renewed"});
  client.expect<amqp::connection::UpdateSecretOk>(0);
  client.say_goodbye();
}

TEST_P(ConnectionBehaviour, NothingIsDoneBetweenAnErrorAndItsCloseOk) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  WireChannel other = open_channel(client, 2);
  const std::string queue = unique("queue");
  channel.send(amqp::basic::Qos{.prefetch_size = 1});
  client.expect<amqp::connection::Close>(0);
  other.send(amqp::queue::Declare{.queue = queue});
  client.send(0, amqp::connection::CloseOk{});
  client.expect_end();
  WireChannel later = connected_channel();
  later.send(amqp::queue::Declare{.queue = queue, .passive = true});
  later.expect_closed(404, no_queue(queue), amqp::queue::Declare::kId);
}

TEST_P(ConnectionBehaviour, CrossingClosesAreBothAnswered) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Qos{.prefetch_size = 1});
  client.expect<amqp::connection::Close>(0);
  client.send(0, amqp::connection::Close{.reply_code = 200});
  client.expect<amqp::connection::CloseOk>(0);
  client.send(0, amqp::connection::CloseOk{});
  client.expect_end();
}

TEST_P(ConnectionBehaviour, AMethodThatOnlyABrokerSendsIsInvalid) {
  WireClient& client = connect();
  client.send(0, amqp::connection::Tune{});
  client.expect_connection_closed(504,
                                  "CHANNEL_ERROR - unexpected method in connection state running",
                                  amqp::connection::Tune::kId);
}

TEST_P(ConnectionBehaviour, ADroppedConnectionGivesItsMessagesBack) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  const std::string queue = channel.declare({.queue = unique("queue"), .auto_delete = true});
  channel.put(queue, "first");
  channel.put(queue, "second");
  channel.consume(queue);
  WireChannel other = connected_channel();
  other.consume(queue);
  channel.expect_delivery_of("first");
  channel.expect_delivery_of("second");
  client.drop();
  EXPECT_TRUE(other.expect_delivery_of("first").redelivered);
  EXPECT_TRUE(other.expect_delivery_of("second").redelivered);
}

}  // namespace
}  // namespace bb::test
