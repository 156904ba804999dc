#include "broker/message_traits.h"

#include <gtest/gtest.h>

#include "amqp/constants.h"
#include "amqp/field_table.h"
#include "amqp/properties.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

using std::chrono::milliseconds;

std::string encode(const amqp::BasicProperties& properties) {
  Buffer out;
  amqp::encode_properties(out, properties);
  return std::string(as_text(out.view()));
}

class MessageTraits : public testing::Test {
 protected:
  Message::Ptr make(const amqp::BasicProperties& properties) {
    return Message::make(gauge_, "", "", encode(properties), "", false);
  }
  MemoryGauge gauge_;
};

TEST_F(MessageTraits, TimeToLive) {
  EXPECT_EQ(message_ttl(*make({})), std::nullopt);
  EXPECT_EQ(message_ttl(*make({.message_id = "1"})), std::nullopt);
  EXPECT_EQ(message_ttl(*make({.expiration = "0"})), milliseconds(0));
  EXPECT_EQ(message_ttl(*make({.expiration = "+0060000"})), milliseconds(60'000));
  EXPECT_EQ(message_ttl(*make({.expiration = "-0"})), milliseconds(0));
}

TEST_F(MessageTraits, Priority) {
  EXPECT_EQ(message_priority(*make({})), 0);
  EXPECT_EQ(message_priority(*make({.delivery_mode = 2, .priority = 9})), 9);
  EXPECT_EQ(message_priority(*Message::make(gauge_, "", "", "", "", false)), 0);
}

TEST(Expiration, IsANumberOfMilliseconds) {
  for (const auto* good : {"0", "1", "+5", "-0", "00", "315360000000", "000000000000000000001"}) {
    EXPECT_TRUE(check_expiration(good)) << good;
  }
  struct Case {
    std::string_view expiration;
    std::string_view reason;
  };
  const Case cases[] = {
      {"", "no_integer"},
      {"soon", "no_integer"},
      {"-", "no_integer"},
      {"5s", "{leftover_string,\"s\"}"},
      {"-5", "{value_negative,-5}"},
      {"-99999999999999999999", "{value_negative,-99999999999999999999}"},
      {"315360000001", "{value_too_large,315360000001}"},
      {"99999999999999999999", "{value_too_large,99999999999999999999}"},
  };
  for (const auto& [expiration, reason] : cases) {
    const auto checked = check_expiration(expiration);
    ASSERT_FALSE(checked) << expiration;
    EXPECT_EQ(checked.error().message,
              "invalid expiration '" + std::string(expiration) + "': " + std::string(reason));
  }
}

TEST(DeliveryCount, IsAHeaderAmongTheOthers) {
  const std::string content = amqp::encode_table_content({{"z", 1}, {"a", 2}});
  amqp::BasicProperties properties;
  properties.headers = as_bytes(content);
  properties.message_id = "id";
  const std::string counted = with_delivery_count(encode(properties), 3);
  const auto decoded = amqp::decode_properties(as_bytes(counted));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->message_id, "id");
  EXPECT_EQ(*amqp::decode_table(*decoded->headers),
            (amqp::FieldTable{{"a", 2}, {"x-delivery-count", std::int64_t{3}}, {"z", 1}}));
}

TEST(DeliveryCount, IsLeftOutWhereThereIsNoRoom) {
  amqp::FieldTable crowd;
  for (std::size_t i = 0; i < amqp::kTableEntriesMax; ++i) crowd.append("h", true);
  const std::string content = amqp::encode_table_content(crowd);
  amqp::BasicProperties properties;
  properties.headers = as_bytes(content);
  EXPECT_EQ(with_delivery_count(encode(properties), 3), encode(properties));
}

}  // namespace
}  // namespace bb::broker
