#include "broker/password_hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/test_results.h"

namespace bb::broker {
namespace {

constexpr std::string_view kSha256 = "rabbit_password_hashing_sha256";
constexpr std::string_view kSha512 = "rabbit_password_hashing_sha512";
constexpr std::string_view kOfTest12 = "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR";

// The example of https://www.rabbitmq.com/passwords.html#computing-password-hash.
TEST(PasswordHash, IsRabbitMqs) {
  const PasswordHash hash = PasswordHash::make("test12", 0x908DC60A);
  EXPECT_EQ(hash.text(), kOfTest12);
  EXPECT_EQ(hash.algorithm_name(), kSha256);
}

TEST(PasswordHash, TellsTheRightPasswordFromAnother) {
  const auto hash = PasswordHash::parse(kOfTest12, kSha256);
  ASSERT_TRUE(hash) << hash.error().message;
  EXPECT_TRUE(hash->matches("test12"));
  EXPECT_FALSE(hash->matches("test13"));
  EXPECT_FALSE(hash->matches(""));
}

TEST(PasswordHash, ReadsAndWritesSha512) {
  static constexpr std::string_view kText =
      "kI3GChuNuIYf8lRbCCxZjgjKwsY19ns6+uFO0zcXRBGA/"
      "XGJPYD8OWMy7EB8TaOmAzjP2azv84GbINYwX2cDWb4DHnc=";
  const auto hash = PasswordHash::parse(kText, kSha512);
  ASSERT_TRUE(hash) << hash.error().message;
  EXPECT_TRUE(hash->matches("test12"));
  EXPECT_FALSE(hash->matches("guest"));
  EXPECT_EQ(hash->text(), kText);
  EXPECT_EQ(hash->algorithm_name(), kSha512);
}

TEST(PasswordHash, RefusesMd5AndWhatIsNoHash) {
  EXPECT_EQ(PasswordHash::parse(kOfTest12, "rabbit_password_hashing_md5").error().code,
            ErrorCode::kPreconditionFailed);
  for (const std::string_view text : {"", "kI3GCg==", "not base64"}) {
    EXPECT_FALSE(PasswordHash::parse(text, kSha256)) << text;
  }
  EXPECT_FALSE(PasswordHash::parse(kOfTest12, kSha512)) << "too short for it";
}

}  // namespace
}  // namespace bb::broker
