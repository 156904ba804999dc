// From the protocol header to connection.open-ok.
#include <gmock/gmock.h>

#include <vector>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using testing::HasSubstr;

BB_BEHAVIOUR_SUITE(HandshakeBehaviour);

Handshake with_password(std::string_view password, bool can_be_told) {
  Handshake handshake{.password = std::string(password)};
  if (!can_be_told) handshake.capabilities = {};
  return handshake;
}

TEST_P(HandshakeBehaviour, WrongProtocolHeaderIsAnsweredWithTheRightOne) {
  for (const std::string_view header :
       {std::string_view("AMQP\x01\x01\x00\x0A", 8), std::string_view("AMQP\x00\x01\x00\x00", 8),
        std::string_view("GET / HT", 8)}) {
    WireClient& client = dial();
    client.send_bytes(header);
    EXPECT_EQ(client.expect_protocol_header(), amqp::kProtocolHeader);
  }
}

TEST_P(HandshakeBehaviour, StartOffersMechanismsAndCapabilities) {
  const auto start = dial().send_protocol_header();
  EXPECT_EQ(start.version_major, 0);
  EXPECT_EQ(start.version_minor, 9);
  EXPECT_THAT(std::string(start.mechanisms), HasSubstr("PLAIN"));
  EXPECT_THAT(std::string(start.mechanisms), HasSubstr("AMQPLAIN"));
  EXPECT_EQ(start.locales, "en_US");
  for (const auto* name :
       {"product", "version", "platform", "copyright", "information", "cluster_name"}) {
    const auto* value = start.server_properties.find(name);
    EXPECT_TRUE(value != nullptr && value->as_string() != nullptr) << name;
  }
  const auto* capabilities = start.server_properties.find("capabilities");
  ASSERT_TRUE(capabilities != nullptr && capabilities->as_table() != nullptr);
  for (const auto* name :
       {"publisher_confirms", "basic.nack", "consumer_cancel_notify", "connection.blocked",
        "per_consumer_qos", "authentication_failure_close"}) {
    const auto* value = capabilities->as_table()->find(name);
    EXPECT_TRUE(value != nullptr && value->as_bool() != nullptr && *value->as_bool()) << name;
  }
}

TEST_P(HandshakeBehaviour, TuneOffersTheUsualLimits) {
  WireClient& client = dial();
  client.send_protocol_header();
  const auto tune = client.log_in();
  EXPECT_EQ(tune.channel_max, 2047);
  EXPECT_EQ(tune.frame_max, 131072u);
  EXPECT_EQ(tune.heartbeat, 60);
}

TEST_P(HandshakeBehaviour, LogsInWithAmqplain) {
  WireClient& client = dial();
  client.send_protocol_header();
  const std::string response =
      amqp::encode_table_content({{"LOGIN", "guest"}, {"PASSWORD", "guest"}});
  client.send(0, amqp::connection::StartOk{
                     .mechanism = "AMQPLAIN", .response = response, .locale = "en_US"});
  client.expect<amqp::connection::Tune>(0);
  client.tune_and_open();
}

TEST_P(HandshakeBehaviour, WrongPasswordIsToldToWhoCanTakeIt) {
  WireClient& client = dial();
  client.send_protocol_header();
  client.send_start_ok(with_password("wrong", /*can_be_told=*/true));
  client.expect_connection_closed(403,
                                  "ACCESS_REFUSED - Login was refused using authentication "
                                  "mechanism PLAIN. For details see the broker logfile.");
}

TEST_P(HandshakeBehaviour, WrongPasswordClosesTheSocketOfOlderClients) {
  WireClient& client = dial();
  client.send_protocol_header();
  client.send_start_ok(with_password("wrong", /*can_be_told=*/false));
  client.expect_end();
}

TEST_P(HandshakeBehaviour, UnknownMechanismClosesTheSocket) {
  WireClient& client = dial();
  client.send_protocol_header();
  client.send(0, amqp::connection::StartOk{.mechanism = "MAGIC", .locale = "en_US"});
  client.expect_end();
}

TEST_P(HandshakeBehaviour, MalformedPlainResponseClosesTheSocket) {
  WireClient& client = dial();
  client.send_protocol_header();
  client.send(0, amqp::connection::StartOk{
                     .mechanism = "PLAIN", .response = "no separators", .locale = "en_US"});
  client.expect_end();
}

TEST_P(HandshakeBehaviour, UnknownVhostIsNotAllowed) {
  WireClient& client = dial();
  client.send_protocol_header();
  client.log_in();
  client.send(0, amqp::connection::TuneOk{2047, 131072, 0});
  client.send(0, amqp::connection::Open{.virtual_host = "nowhere"});
  client.expect_connection_closed(530, "NOT_ALLOWED - vhost nowhere not found",
                                  amqp::connection::Open::kId);
}

struct Tuning {
  std::uint16_t channel_max;
  std::uint32_t frame_max;
  std::string_view text;
};

TEST_P(HandshakeBehaviour, TuneOkOutsideTheOfferIsNotAllowed) {
  const Tuning tunings[] = {
      {2047, 4095,
       "NOT_ALLOWED - negotiated frame_max = 4095 is lower than the minimum allowed value (4096)"},
      {2047, 131073,
       "NOT_ALLOWED - negotiated frame_max = 131073 is higher than the maximum allowed value "
       "(131072)"},
      {2047, 0,
       "NOT_ALLOWED - negotiated frame_max = 0 (no limit) is higher than the maximum allowed "
       "value (131072)"},
      {2048, 131072,
       "NOT_ALLOWED - negotiated channel_max = 2048 is higher than the maximum allowed value "
       "(2047)"},
      {0, 131072,
       "NOT_ALLOWED - negotiated channel_max = 0 (no limit) is higher than the maximum allowed "
       "value (2047)"},
  };
  std::vector<WireClient*> clients;  // all at once: RabbitMQ takes its time to close
  for (const Tuning& tuning : tunings) {
    WireClient& client = *clients.emplace_back(&dial());
    client.send_protocol_header();
    client.log_in();
    client.send(0, amqp::connection::TuneOk{tuning.channel_max, tuning.frame_max, 0});
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const std::string_view text = tunings[i].text;
    SCOPED_TRACE(text);
    if (is_rabbitmq()) {
      clients[i]->expect_end();  // the text is in its log alone
    } else {
      clients[i]->expect_connection_closed(530, text, amqp::connection::TuneOk::kId);
    }
  }
}

TEST_P(HandshakeBehaviour, TheSmallestFramesAreAgreedTo) {
  WireClient& client = connect({.frame_max = 4096});
  WireChannel channel = open_channel(client);
  const std::string queue = channel.declare_exclusive();
  channel.put(queue, std::string(10000, 'x'));
  const Delivery message = channel.get_message(queue);
  EXPECT_EQ(message.body_frames, 3u);  // 4088 bytes fit into each
}

TEST_P(HandshakeBehaviour, ChannelsBeforeTheConnectionIsOpenEndIt) {
  WireClient& client = dial();
  client.send_protocol_header();
  client.send(1, amqp::channel::Open{});
  client.expect_end();
}

TEST_P(HandshakeBehaviour, MethodsOutOfOrderEndIt) {
  WireClient& client = dial();
  client.send_protocol_header();
  client.send(0, amqp::connection::Open{.virtual_host = "/"});
  client.expect_end();
}

}  // namespace
}  // namespace bb::test
