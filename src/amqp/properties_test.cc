#include "amqp/properties.h"

#include <gtest/gtest.h>

#include "amqp/field_table.h"
#include "amqp/test_support.h"

namespace bb::amqp {
namespace {

using test::from_hex;
using test::to_hex;

std::string encoded(const BasicProperties& properties) {
  Buffer out;
  encode_properties(out, properties);
  return std::string(as_text(out.view()));
}

// Every property. The bytes here and below are from pika 1.4.4 (PyPI).
const std::string kHeaders = encode_table_content({{"k", std::int32_t{1}}, {"n", {}}});
const BasicProperties kAll{.content_type = "application/json",
                           .content_encoding = "utf-8",
                           .headers = as_bytes(kHeaders),
                           .delivery_mode = kPersistent,
                           .priority = std::uint8_t{9},
                           .correlation_id = "c",
                           .reply_to = "r",
                           .expiration = "60000",
                           .message_id = "m",
                           .timestamp = 1700000000,
                           .type = "t",
                           .user_id = "guest",
                           .app_id = "a",
                           .cluster_id = "z"};
constexpr const char* kAllHex =
    "fffc 106170706c69636174696f6e2f6a736f6e 057574662d38 0000000a016b4900000001016e56 02 09 0163"
    "0172 053630303030 016d 000000006553f100 0174 056775657374 0161 017a";

TEST(Properties, AreWrittenAsOthersWriteThem) {
  EXPECT_EQ(to_hex(encoded(kAll)), to_hex(from_hex(kAllHex)));
  EXPECT_EQ(to_hex(encoded({})), "0000");
  EXPECT_EQ(to_hex(encoded({.content_type = "application/json",
                            .delivery_mode = kPersistent,
                            .message_id = "id-1"})),
            "9080106170706c69636174696f6e2f6a736f6e020469642d31");
}

TEST(Properties, AreReadBackWhole) {
  const std::string bytes = from_hex(kAllHex);
  const auto decoded = decode_properties(as_bytes(bytes));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->content_type, "application/json");
  EXPECT_EQ(decoded->content_encoding, "utf-8");
  EXPECT_EQ(as_text(*decoded->headers), kHeaders);
  EXPECT_EQ(decoded->delivery_mode, 2);
  EXPECT_EQ(decoded->priority, 9);
  EXPECT_EQ(decoded->correlation_id, "c");
  EXPECT_EQ(decoded->reply_to, "r");
  EXPECT_EQ(decoded->expiration, "60000");
  EXPECT_EQ(decoded->message_id, "m");
  EXPECT_EQ(decoded->timestamp, 1700000000u);
  EXPECT_EQ(decoded->type, "t");
  EXPECT_EQ(decoded->user_id, "guest");
  EXPECT_EQ(decoded->app_id, "a");
  EXPECT_EQ(decoded->cluster_id, "z");
}

TEST(Properties, AbsentIsNotEmpty) {
  const std::string bytes = encoded({.correlation_id = ""});
  const auto decoded = decode_properties(as_bytes(bytes));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->correlation_id, "");
  EXPECT_EQ(decoded->reply_to, std::nullopt);
}

TEST(Properties, EveryTruncationIsRefused) {
  const std::string bytes = from_hex(kAllHex);
  for (std::size_t kept_bytes = 0; kept_bytes < bytes.size(); ++kept_bytes) {
    const auto decoded = decode_properties(as_bytes(bytes).first(kept_bytes));
    ASSERT_FALSE(decoded) << kept_bytes;
    EXPECT_EQ(decoded.error(), (Error{ErrorCode::kSyntaxError, "message properties are cut off"}));
  }
}

TEST(Properties, NameWhatIsWrong) {
  const auto error_of = [](const char* hex) {
    const std::string bytes = from_hex(hex);
    const auto decoded = decode_properties(as_bytes(bytes));
    return decoded ? "none" : decoded.error().message;
  };
  EXPECT_EQ(error_of("1000 02 00"), "1 bytes too many after the message properties");
  EXPECT_EQ(error_of("0001 0000"), "message properties that class basic does not have");
  EXPECT_EQ(error_of("8000 05 61"), "message properties are cut off");
  EXPECT_EQ(error_of("2000 ffffffff 61"), "message properties are cut off");
  EXPECT_EQ(error_of("2000 00000003 016b3f"),
            "malformed field table at byte 2: the type of a field is unknown");
  // Bit 1 belongs to no property; RabbitMQ passes over it.
  EXPECT_EQ(error_of("1002 02"), "none");
}

TEST(PropertiesDeathTest, AssertThatTextIsShort) {
  const std::string too_long(256, 'x');
  EXPECT_DEATH(encoded({.message_id = too_long}), "broken invariant");
}

}  // namespace
}  // namespace bb::amqp
