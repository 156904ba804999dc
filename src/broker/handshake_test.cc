#include "broker/handshake.h"

#include <gtest/gtest.h>

#include "broker/test_results.h"

namespace bb::broker {
namespace {

using amqp::FieldTable;

std::string plain(std::string_view authorised_as, std::string_view user,
                  std::string_view password) {
  std::string response(authorised_as);
  response.append(1, '\0').append(user).append(1, '\0').append(password);
  return response;
}

TEST(Credentials, PlainIsReadAsItIsWritten) {
  struct Case {
    std::string response;
    std::string user;
    std::string password;
  };
  const Case cases[] = {
      {plain("", "ada", "s3cret"), "ada", "s3cret"},
      {plain("someone", "ada", "s3cret"), "ada", "s3cret"},
      {plain("", "", ""), "", ""},
      {plain("", "ada", plain("", "b", "c")), "ada", plain("", "b", "c")},
  };
  for (const Case& c : cases) {
    const auto credentials = parse_credentials("PLAIN", c.response);
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->user, c.user);
    EXPECT_EQ(credentials->password, c.password);
  }
}

TEST(Credentials, AmqplainIsATableWithoutItsLength) {
  const auto credentials = parse_credentials(
      "AMQPLAIN", amqp::encode_table_content({{"LOGIN", "ada"}, {"PASSWORD", "s3cret"}}));
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user, "ada");
  EXPECT_EQ(credentials->password, "s3cret");
}

TEST(Credentials, AResponseOfAnotherFormIsRefused) {
  struct Case {
    std::string_view mechanism;
    std::string response;
  };
  const Case cases[] = {
      {"PLAIN", ""},
      {"PLAIN", "ada"},
      {"PLAIN", std::string("\0ada", 4)},
      {"AMQPLAIN", ""},
      {"AMQPLAIN", "not a table"},
      {"AMQPLAIN", amqp::encode_table_content({{"LOGIN", "ada"}})},
      {"AMQPLAIN", amqp::encode_table_content({{"PASSWORD", "s3cret"}})},
      {"AMQPLAIN", amqp::encode_table_content({{"LOGIN", true}, {"PASSWORD", "s3cret"}})},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(code_of(parse_credentials(c.mechanism, c.response)), ErrorCode::kSyntaxError)
        << c.mechanism << " '" << c.response << "'";
  }
}

TEST(Credentials, OnlyAnOfferedMechanismIsTaken) {
  for (const char* mechanism : {"", "EXTERNAL", "plain", "PLAIN AMQPLAIN"}) {
    EXPECT_EQ(code_of(parse_credentials(mechanism, plain("", "ada", "s3cret"))),
              ErrorCode::kCommandInvalid)
        << mechanism;
  }
}

TEST(ServerProperties, AnnounceWhatIsThereAndNothingElse) {
  Options options;
  options.product = "Test product";
  options.version = "1.2.3";
  const FieldTable properties = server_properties(options);
  EXPECT_EQ(*properties.find("product"), amqp::FieldValue("Test product"));
  EXPECT_EQ(*properties.find("version"), amqp::FieldValue("1.2.3"));

  const FieldTable* capabilities = properties.find("capabilities")->as_table();
  ASSERT_NE(capabilities, nullptr);
  for (const char* there :
       {"publisher_confirms", "basic.nack", "consumer_cancel_notify", "connection.blocked",
        "per_consumer_qos", "authentication_failure_close", "consumer_priorities",
        "exchange_exchange_bindings", "direct_reply_to"}) {
    ASSERT_NE(capabilities->find(there), nullptr) << there;
    EXPECT_EQ(*capabilities->find(there), amqp::FieldValue(true)) << there;
  }
}

TEST(ClientCapabilities, AreOffUnlessTheClientSaysTrue) {
  const auto none = [](const FieldTable& properties) {
    const ClientCapabilities capabilities = client_capabilities(properties);
    return !capabilities.consumer_cancel_notify && !capabilities.authentication_failure_close &&
           !capabilities.connection_blocked;
  };
  EXPECT_TRUE(none({}));
  EXPECT_TRUE(none({{"capabilities", "all of them"}}));
  EXPECT_TRUE(none({{"capabilities", FieldTable{}}}));
  EXPECT_TRUE(none({{"capabilities", FieldTable{{"connection.blocked", false}}}}));
  EXPECT_TRUE(none({{"capabilities", FieldTable{{"connection.blocked", std::int32_t{1}}}}}));
  EXPECT_TRUE(none({{"connection.blocked", true}}));
}

TEST(ClientCapabilities, AreToldApart) {
  const auto of = [](const char* name) {
    return client_capabilities({{"capabilities", FieldTable{{name, true}}}});
  };
  EXPECT_TRUE(of("consumer_cancel_notify").consumer_cancel_notify);
  EXPECT_TRUE(of("authentication_failure_close").authentication_failure_close);
  EXPECT_TRUE(of("connection.blocked").connection_blocked);
  EXPECT_FALSE(of("connection.blocked").consumer_cancel_notify);
}

TEST(Negotiate, AClientMayAskForLess) {
  Options options;
  options.channel_max = 100;
  options.frame_max_bytes = 65536;
  options.heartbeat_seconds = 60;
  struct Case {
    amqp::connection::TuneOk answer;
    std::string_view error;
  };
  const Case cases[] = {
      {{100, 65536, 60}, ""},
      {{1, 4096, 1}, ""},
      {{100, 65536, 0}, ""},    // no heartbeats
      {{100, 65536, 600}, ""},  // the client's to choose
      {{0, 65536, 60},
       "negotiated channel_max = 0 (no limit) is higher than the maximum allowed value (100)"},
      {{101, 65536, 60},
       "negotiated channel_max = 101 is higher than the maximum allowed value (100)"},
      {{100, 0, 60},
       "negotiated frame_max = 0 (no limit) is higher than the maximum allowed value (65536)"},
      {{100, 65537, 60},
       "negotiated frame_max = 65537 is higher than the maximum allowed value (65536)"},
      {{100, 4095, 60},
       "negotiated frame_max = 4095 is lower than the minimum allowed value (4096)"},
  };
  for (const Case& c : cases) {
    const auto limits = negotiate(c.answer, options);
    if (!c.error.empty()) {
      EXPECT_EQ(code_of(limits), ErrorCode::kNotAllowed);
      EXPECT_EQ(message_of(limits), c.error);
      continue;
    }
    ASSERT_TRUE(limits) << message_of(limits);
    EXPECT_EQ(limits->channel_max, c.answer.channel_max);
    EXPECT_EQ(limits->frame_max_bytes, c.answer.frame_max);
    EXPECT_EQ(limits->heartbeat_seconds, c.answer.heartbeat);
  }
}

}  // namespace
}  // namespace bb::broker
