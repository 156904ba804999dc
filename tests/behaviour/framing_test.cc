// Frames that are malformed, out of order, or on the wrong channel.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::FrameType;

BB_BEHAVIOUR_SUITE(FramingBehaviour);

constexpr amqp::MethodId kPublish = amqp::basic::Publish::kId;

TEST_P(FramingBehaviour, ABadFrameEndIsAFrameError) {
  WireClient& client = connect();
  client.send_bytes(std::string_view("\x08\x00\x00\x00\x00\x00\x00\x00", 8));
  client.expect_connection_closed(501, std::nullopt);  // RabbitMQ's text quotes Erlang terms
}

TEST_P(FramingBehaviour, AnUnknownFrameTypeIsAFrameError) {
  WireClient& client = connect();
  client.send_bytes(std::string_view("\x07\x00\x00\x00\x00\x00\x00\xCE", 8));
  client.expect_connection_closed(501, std::nullopt);  // RabbitMQ's text quotes Erlang terms
}

TEST_P(FramingBehaviour, AFrameWhoseOwnBytesWereNotCountedIsTaken) {
  WireClient& client = connect({.frame_max = 4096});
  WireChannel channel = open_channel(client);
  const std::string queue = channel.declare_exclusive();
  channel.send(amqp::basic::Publish{.routing_key = queue});
  client.send_header(1, 4096);
  client.send_frame(FrameType::kBody, 1, std::string(4096, 'x'));
  EXPECT_EQ(channel.get_message(queue).body.size(), 4096u);
}

TEST_P(FramingBehaviour, AFrameAboveFrameMaxIsAFrameError) {
  WireClient& client = connect({.frame_max = 4096});
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  client.send_header(1, 4097);
  client.send_frame(FrameType::kBody, 1, std::string(4097, 'x'));
  client.expect_connection_closed(501, std::nullopt);  // RabbitMQ's text quotes Erlang terms
}

TEST_P(FramingBehaviour, AnAnnouncedSizeIsNotWaitedFor) {
  WireClient& client = connect();
  client.send_bytes(std::string_view("\x03\x00\x01\x7F\xFF\xFF\xFF", 7));
  client.expect_connection_closed(501, std::nullopt);  // RabbitMQ's text quotes Erlang terms
}

TEST_P(FramingBehaviour, AHeartbeatOnAChannelEndsTheConnection) {
  WireClient& client = connect();
  open_channel(client);
  client.send_frame(FrameType::kHeartbeat, 1, "");
  client.expect_connection_closed(505, std::nullopt);  // AMQP 0-9-1 §4.2.7 asks for 501
}

TEST_P(FramingBehaviour, ContentOnChannelZeroIsUnexpected) {
  WireClient& client = connect();
  client.send_header(0, 0);
  client.expect_connection_closed(505, std::nullopt);  // RabbitMQ's text quotes Erlang terms
}

TEST_P(FramingBehaviour, AMethodCutShortIsAFrameError) {
  WireClient& client = connect();
  open_channel(client);
  client.send_frame(FrameType::kMethod, 1, std::string_view("\x00\x32\x00\x0A\x00\x00\x05q", 8));
  // RabbitMQ's text quotes Erlang terms.
  client.expect_connection_closed(501, std::nullopt, amqp::queue::Declare::kId);
}

TEST_P(FramingBehaviour, AMethodWithBytesTooManyIsAFrameError) {
  WireClient& client = connect();
  open_channel(client);
  client.send_frame(
      FrameType::kMethod, 1,
      std::string_view("\x00\x3C\x00\x50\x00\x00\x00\x00\x00\x00\x00\x01\x00zzz", 16));
  client.expect_connection_closed(501, std::nullopt, amqp::basic::Ack::kId);
}

TEST_P(FramingBehaviour, AMethodWithoutAnIdIsAFrameError) {
  WireClient& client = connect();
  open_channel(client);
  client.send_frame(FrameType::kMethod, 1, "q");
  client.expect_connection_closed(501, std::nullopt);
}

TEST_P(FramingBehaviour, ABodyWithoutAMethodIsUnexpected) {
  WireClient& client = connect();
  open_channel(client);
  client.send_frame(FrameType::kBody, 1, "body");
  client.expect_connection_closed(
      505, "UNEXPECTED_FRAME - expected method frame, got non method frame instead");
}

TEST_P(FramingBehaviour, AHeaderWithoutAMethodIsUnexpected) {
  WireClient& client = connect();
  open_channel(client);
  client.send_header(1, 0);
  client.expect_connection_closed(
      505, "UNEXPECTED_FRAME - expected method frame, got non method frame instead");
}

TEST_P(FramingBehaviour, AMethodInsteadOfAHeaderIsUnexpected) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  channel.send(amqp::basic::Qos{});
  client.expect_connection_closed(505,
                                  "UNEXPECTED_FRAME - expected content header for class 60, got "
                                  "non content header frame instead",
                                  kPublish);
}

TEST_P(FramingBehaviour, ABodyInsteadOfAHeaderIsUnexpected) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  client.send_frame(FrameType::kBody, 1, "body");
  client.expect_connection_closed(505,
                                  "UNEXPECTED_FRAME - expected content header for class 60, got "
                                  "non content header frame instead",
                                  kPublish);
}

TEST_P(FramingBehaviour, AMethodInsteadOfABodyIsUnexpected) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  client.send_header(1, 4);
  channel.send(amqp::basic::Qos{});
  client.expect_connection_closed(
      505, "UNEXPECTED_FRAME - expected content body, got non content body frame instead",
      kPublish);
}

TEST_P(FramingBehaviour, ClosingTheChannelInsteadOfABodyIsUnexpected) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  client.send_header(1, 4);
  channel.send(amqp::channel::Close{.reply_code = 200});
  client.expect_connection_closed(
      505, "UNEXPECTED_FRAME - expected content body, got non content body frame instead",
      kPublish);
}

TEST_P(FramingBehaviour, AHeaderInsteadOfABodyIsUnexpected) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  client.send_header(1, 4);
  client.send_header(1, 4);
  client.expect_connection_closed(
      505, "UNEXPECTED_FRAME - expected content body, got non content body frame instead",
      kPublish);
}

TEST_P(FramingBehaviour, AHeaderOfAnotherClassIsUnexpected) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  client.send_header(1, 0, /*class_id=*/50);
  client.expect_connection_closed(
      505, "UNEXPECTED_FRAME - expected content header for class 60, got one for class 50 instead",
      kPublish);
}

TEST_P(FramingBehaviour, MalformedPropertiesAreAnInternalError) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  // Flags say content_type, and nothing follows.
  client.send_frame(
      FrameType::kHeader, 1,
      std::string_view("\x00\x3C\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00", 14));
  if (is_rabbitmq()) {
    client.expect_connection_closed(541, "INTERNAL_ERROR");  // its decoder crashes
  } else {
    client.expect_connection_closed(541, "INTERNAL_ERROR - message properties are cut off",
                                    kPublish);
  }
}

TEST_P(FramingBehaviour, AHeaderOfAWeightIsUnexpected) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  client.send_frame(
      FrameType::kHeader, 1,
      std::string_view("\x00\x3C\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 14));
  client.expect_connection_closed(
      505,
      "UNEXPECTED_FRAME - expected content header for class 60, got non content header frame "
      "instead",
      kPublish);
}

TEST_P(FramingBehaviour, MethodsMayComeInPieces) {
  WireClient& client = connect();
  Buffer out;
  amqp::encode_method(out, 1, amqp::channel::Open{});
  for (const char byte : as_text(out.view())) client.send_bytes(std::string_view(&byte, 1));
  client.expect<amqp::channel::OpenOk>(1);
}

TEST_P(FramingBehaviour, AHeaderCutShortIsAFrameError) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  client.send_frame(FrameType::kHeader, 1, std::string_view("\x00\x3C\x00\x00", 4));
  // RabbitMQ's reader, which finds it, does not know the method. Its text quotes Erlang terms.
  client.expect_connection_closed(501, std::nullopt, is_rabbitmq() ? amqp::MethodId{} : kPublish);
}

TEST_P(FramingBehaviour, AnUnknownMethodIsAFrameError) {
  WireClient& client = connect();
  open_channel(client);
  client.send_frame(FrameType::kMethod, 1, std::string_view("\x00\x3C\x00\xC8", 4));
  // RabbitMQ's text quotes Erlang terms.
  client.expect_connection_closed(501, std::nullopt, amqp::MethodId{60, 200});
}

// RabbitMQ waits for ever for the content to be complete.
BB_OWN_SUITE(FramingOfOurs);

TEST_P(FramingOfOurs, ABodyAboveTheAnnouncedSizeIsAFrameError) {
  WireClient& client = connect();
  WireChannel channel = open_channel(client);
  channel.send(amqp::basic::Publish{.exchange = "amq.direct"});
  client.send_header(1, 2);
  client.send_frame(FrameType::kBody, 1, "three");
  client.expect_connection_closed(501, "FRAME_ERROR - more content than its header announced",
                                  kPublish);
}

}  // namespace
}  // namespace bb::test
