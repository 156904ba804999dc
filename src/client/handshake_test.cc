#include "client/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/scripted_broker.h"

namespace bb::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The error that the connection ended with.
Error end_of(ScriptedBroker& broker) {
  const auto ended = broker.events<ConnectionEnded>();
  if (ended.size() != 1) {
    ADD_FAILURE() << ended.size() << " ends";
    return {ErrorCode::kFailure, {}};
  }
  EXPECT_FALSE(ended[0].by_close);
  EXPECT_TRUE(broker.protocol.has_ended());
  EXPECT_THAT(ended[0].error.message, Not(HasSubstr("s3cret")));
  EXPECT_THAT(ended[0].error.message, Not(HasSubstr("\n")));
  return ended[0].error;
}

TEST(Handshake, BeginsWithTheProtocolHeader) {
  ScriptedBroker broker;
  broker.protocol.start();
  EXPECT_EQ(as_text(broker.protocol.output().view()), amqp::kProtocolHeader);
}

TEST(Handshake, LogsInWithPlainAndSaysWhoWeAre) {
  ScriptedBroker broker;
  broker.begins();
  broker.sends_start("AMQPLAIN PLAIN EXTERNAL");
  const auto start_ok = broker.expects<amqp::connection::StartOk>();
  EXPECT_EQ(start_ok.mechanism, "PLAIN");
  EXPECT_EQ(start_ok.response, std::string_view("\0ada\0s3cret", 11));
  EXPECT_EQ(start_ok.locale, "en_US");
  const auto& properties = start_ok.client_properties;
  EXPECT_EQ(*properties.find("product"), "Bloodbank");
  EXPECT_EQ(*properties.find("version"), BB_VERSION);
  EXPECT_EQ(*properties.find("connection_name"), "test");
  const auto* capabilities = properties.find("capabilities")->as_table();
  ASSERT_NE(capabilities, nullptr);
  for (const char* name : {"publisher_confirms", "basic.nack", "consumer_cancel_notify",
                           "connection.blocked", "authentication_failure_close"}) {
    ASSERT_NE(capabilities->find(name), nullptr) << name;
    EXPECT_EQ(*capabilities->find(name), true) << name;
  }
}

TEST(Handshake, LogsInWithAmqplainWherePlainIsNotOffered) {
  ScriptedBroker broker;
  broker.begins();
  broker.sends_start("PLAINER AMQPLAIN");
  const auto start_ok = broker.expects<amqp::connection::StartOk>();
  EXPECT_EQ(start_ok.mechanism, "AMQPLAIN");
  const auto table = amqp::decode_table(as_bytes(start_ok.response));
  ASSERT_TRUE(table);
  EXPECT_EQ(*table, (amqp::FieldTable{{"LOGIN", "ada"}, {"PASSWORD", "s3cret"}}));
}

TEST(Handshake, LogsInWithTheMechanismThatTheUrlAsksFor) {
  auto options = protocol_options();
  options.url.auth_mechanisms = {amqp::AuthMechanism::kExternal, amqp::AuthMechanism::kAmqplain};
  ScriptedBroker by_certificate(options);
  by_certificate.begins();
  by_certificate.sends_start("PLAIN AMQPLAIN EXTERNAL");
  const auto start_ok = by_certificate.expects<amqp::connection::StartOk>();
  EXPECT_EQ(start_ok.mechanism, "EXTERNAL");
  EXPECT_EQ(start_ok.response, "");
  by_certificate.sends(0, amqp::connection::Close{.reply_code = 403, .reply_text = "no"});
  const Error refused = end_of(by_certificate);
  EXPECT_THAT(refused.message, HasSubstr("refused the log-in by certificate (no)"));
  EXPECT_THAT(refused.message, Not(HasSubstr("password")));

  ScriptedBroker by_password(options);
  by_password.begins();
  by_password.sends_start("PLAIN AMQPLAIN");
  EXPECT_EQ(by_password.expects<amqp::connection::StartOk>().mechanism, "AMQPLAIN");
}

TEST(Handshake, DoesNotLogInWithAMechanismThatWasNotAskedFor) {
  auto options = protocol_options();
  options.url.auth_mechanisms = {amqp::AuthMechanism::kExternal};
  ScriptedBroker broker(std::move(options));
  broker.begins();
  broker.sends_start("PLAIN AMQPLAIN");
  const Error error = end_of(broker);
  EXPECT_EQ(error.code, ErrorCode::kNotImplemented);
  EXPECT_THAT(error.message, HasSubstr("offers the log-in mechanisms 'PLAIN AMQPLAIN', and "
                                       "EXTERNAL is wanted"));
  EXPECT_THAT(broker.received(), IsEmpty());
}

TEST(Handshake, NamesTheMechanismsWhenNoneIsKnown) {
  ScriptedBroker broker;
  broker.begins();
  broker.sends_start("EXTERNAL SCRAM");
  const Error error = end_of(broker);
  EXPECT_EQ(error.code, ErrorCode::kNotImplemented);
  EXPECT_THAT(error.message, HasSubstr("'EXTERNAL SCRAM'"));
  EXPECT_THAT(broker.received(), IsEmpty());
}

TEST(Handshake, TunesAndOpensInOneGo) {
  ScriptedBroker broker;
  broker.begins();
  broker.sends_start();
  broker.received();
  broker.sends(0, amqp::connection::Tune{.channel_max = 100, .frame_max = 8192, .heartbeat = 600});
  const auto tune_ok = broker.expects<amqp::connection::TuneOk>();
  EXPECT_EQ(tune_ok.channel_max, 100);
  EXPECT_EQ(tune_ok.frame_max, 8192u);
  EXPECT_EQ(tune_ok.heartbeat, 60);
  EXPECT_FALSE(broker.protocol.is_open());
  EXPECT_THAT(broker.events<Opened>(), IsEmpty());
  broker.sends(0, amqp::connection::OpenOk{});
  EXPECT_TRUE(broker.protocol.is_open());
  EXPECT_EQ(broker.events<Opened>().size(), 1u);
  EXPECT_EQ(*broker.protocol.server_properties().find("product"), "Scripted");
}

TEST(Handshake, OpensTheVirtualHostOfTheUrl) {
  auto options = protocol_options();
  options.url.vhost = "voices";
  ScriptedBroker broker(std::move(options));
  broker.begins();
  broker.sends_start();
  broker.received();
  broker.sends_tune();
  EXPECT_EQ(broker.expects<amqp::connection::Open>().virtual_host, "voices");
}

TEST(Handshake, WorksWithBytesOneByOne) {
  Buffer bytes;
  amqp::connection::Start start;
  start.mechanisms = "PLAIN";
  amqp::encode_method(bytes, 0, start);
  amqp::encode_method(bytes, 0, amqp::connection::Tune{.frame_max = 131072});
  amqp::encode_method(bytes, 0, amqp::connection::OpenOk{});
  ScriptedBroker broker;
  broker.begins();
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    broker.protocol.on_bytes(bytes.view().subspan(index, 1));
  }
  EXPECT_TRUE(broker.protocol.is_open());
  EXPECT_THAT(broker.received(),
              ElementsAre("connection.start-ok", "connection.tune-ok", "connection.open"));
}

TEST(Handshake, TheSmallerValueWinsAndZeroLeavesItToTheOther) {
  struct Case {
    std::uint32_t ours;
    std::uint32_t theirs;
    std::uint32_t agreed;
  };
  for (const Case& each :
       {Case{5000, 6000, 5000}, Case{6000, 5000, 5000}, Case{0, 5000, 5000}, Case{5000, 0, 5000}}) {
    SCOPED_TRACE(testing::Message() << each.ours << " and " << each.theirs);
    const auto small = static_cast<std::uint16_t>(each.ours);
    const auto offered = static_cast<std::uint16_t>(each.theirs);
    const auto tuning =
        negotiate({.channel_max = small, .frame_max_bytes = each.ours, .heartbeat_seconds = small},
                  {.channel_max = offered, .frame_max = each.theirs, .heartbeat = offered});
    ASSERT_TRUE(tuning);
    EXPECT_EQ(tuning->channel_max, each.agreed);
    EXPECT_EQ(tuning->frame_max_bytes, each.agreed);
    EXPECT_EQ(tuning->heartbeat_seconds, each.agreed);
  }
  EXPECT_FALSE(negotiate({.frame_max_bytes = 131072}, {.frame_max = 4095}));
  EXPECT_TRUE(negotiate({.frame_max_bytes = 131072}, {.frame_max = 4096}));
}

TEST(Handshake, TheUrlAsksForHeartbeatAndChannels) {
  auto options = protocol_options();
  options.url.heartbeat_seconds = 7;
  options.url.channel_max = 3;
  ScriptedBroker broker(std::move(options));
  broker.begins();
  broker.sends_start();
  broker.sends_tune();
  const auto tune_ok = broker.expects<amqp::connection::TuneOk>();
  EXPECT_EQ(tune_ok.heartbeat, 7);
  EXPECT_EQ(tune_ok.channel_max, 3);
}

TEST(Handshake, AForeignAnswerIsNamedWithHostAndPort) {
  struct Case {
    std::string_view answer;
    const char* said;
  };
  for (const Case& each : {
           Case{std::string_view("AMQP\x00\x01\x00\x00", 8), "'AMQP 0 1 0 0'"},
           Case{std::string_view("AMQP\x00\x00\x09\x01", 8), "'AMQP 0 0 9 1'"},
           Case{"HTTP/1.1 400 Bad Request\r\nServer: x", "'HTTP/1.1 400 Bad Request'"},
           Case{"AMAZING", "'AMAZING'"},
           Case{std::string_view("\x15\x03\x01\x00\x02\x02\x32", 7), "TLS"},
           Case{std::string_view("\x00\x01\x02", 3), "3 bytes that start with 0x00"},
       }) {
    SCOPED_TRACE(each.said);
    ScriptedBroker broker;
    broker.begins();
    broker.sends_text(each.answer);
    const Error error = end_of(broker);
    EXPECT_EQ(error.code, ErrorCode::kUnreachable);
    EXPECT_THAT(error.message, HasSubstr("localhost:5672"));
    EXPECT_THAT(error.message, HasSubstr(each.said));
    EXPECT_THAT(broker.received(), IsEmpty());
  }
}

TEST(Handshake, AForeignHeaderInPiecesIsRecognised) {
  ScriptedBroker broker;
  broker.begins();
  broker.sends_text("AM");
  EXPECT_FALSE(broker.protocol.has_ended());
  broker.sends_text(std::string_view("QP\x03\x01\x00\x00", 6));
  EXPECT_THAT(end_of(broker).message, HasSubstr("'AMQP 3 1 0 0'"));
}

TEST(Handshake, ARefusedLogInSaysWhatToCheck) {
  ScriptedBroker broker;
  broker.begins();
  broker.sends_start();
  broker.received();
  broker.sends(
      0, amqp::connection::Close{
             .reply_code = 403, .reply_text = "ACCESS_REFUSED - Login was refused\r\nusing PLAIN"});
  const Error error = end_of(broker);
  EXPECT_EQ(error.code, ErrorCode::kAccessRefused);
  EXPECT_THAT(error.message, HasSubstr("user 'ada'"));
  EXPECT_THAT(error.message, HasSubstr("ACCESS_REFUSED - Login was refused  using PLAIN"));
  EXPECT_THAT(error.message, HasSubstr("check the user and the password"));
  EXPECT_THAT(broker.received(), ElementsAre("connection.close-ok"));
}

TEST(Handshake, GuestFromAfarIsToldAboutLoopback) {
  auto options = protocol_options();
  options.url.user = "guest";
  options.url.host = "broker.example";
  ScriptedBroker broker(std::move(options));
  broker.begins();
  broker.sends_start();
  broker.sends(0, amqp::connection::Close{.reply_code = 403, .reply_text = "ACCESS_REFUSED"});
  EXPECT_THAT(end_of(broker).message, HasSubstr("from the broker's own machine only"));
}

TEST(Handshake, AHangUpAfterTheLogInIsARefusal) {
  ScriptedBroker broker;
  broker.begins();
  broker.sends_start();
  broker.protocol.on_eof("");
  const Error error = end_of(broker);
  EXPECT_EQ(error.code, ErrorCode::kAccessRefused);
  EXPECT_THAT(error.message, HasSubstr("check the user and the password"));
}

TEST(Handshake, AnUnknownVirtualHostIsNamed) {
  auto options = protocol_options();
  options.url.vhost = "voices";
  ScriptedBroker broker(std::move(options));
  broker.begins();
  broker.sends_start();
  broker.sends_tune();
  broker.sends(0, amqp::connection::Close{.reply_code = 530, .reply_text = "NOT_ALLOWED - gone"});
  const Error error = end_of(broker);
  EXPECT_EQ(error.code, ErrorCode::kNotAllowed);
  EXPECT_THAT(error.message, HasSubstr("virtual host 'voices' (NOT_ALLOWED - gone)"));
}

TEST(Handshake, AHangUpElsewhereIsUnreachable) {
  ScriptedBroker before_start;
  before_start.begins();
  before_start.protocol.on_eof("Connection reset by peer");
  const Error error = end_of(before_start);
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("localhost:5672 closed the connection without answering "
                                       "(Connection reset by peer)"));

  ScriptedBroker before_open_ok;
  before_open_ok.begins();
  before_open_ok.sends_start();
  before_open_ok.sends_tune();
  before_open_ok.protocol.on_eof("");
  EXPECT_EQ(end_of(before_open_ok).code, ErrorCode::kUnreachable);
}

TEST(Handshake, AMethodOutOfOrderIsRefused) {
  ScriptedBroker broker;
  broker.begins();
  broker.sends_tune();
  EXPECT_EQ(end_of(broker).code, ErrorCode::kCommandInvalid);
  EXPECT_EQ(broker.expects<amqp::connection::Close>().reply_code, 503);
}

TEST(Handshake, AChallengeIsNotAnswered) {
  ScriptedBroker broker;
  broker.begins();
  broker.sends_start();
  broker.sends(0, amqp::connection::Secure{.challenge = "who?"});
  EXPECT_EQ(end_of(broker).code, ErrorCode::kCommandInvalid);
}

TEST(Handshake, PeersAreNamedAsInAUrl) {
  amqp::Url url;
  url.host = "::1";
  EXPECT_EQ(peer_name(url), "[::1]:5672");
  url.host = "broker.example";
  url.port = 1;
  EXPECT_EQ(peer_name(url), "broker.example:1");
}

}  // namespace
}  // namespace bb::client
