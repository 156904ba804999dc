#include "webhook/signature.h"

#include <gmock/gmock.h>

#include <vector>

#include "base/base64.h"

namespace bb::webhook {
namespace {

using testing::HasSubstr;
using testing::Not;

// From the specification's own libraries: "sign function works" in
// libraries/javascript/src/webhook.test.ts; libraries/python/tests/test_webhooks.py has the same.
constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t kSeconds = 1'614'265'330;
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr std::string_view kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

std::string secret_of(std::size_t key_bytes, char byte = 'k') {
  return "whsec_" + encode_base64(std::string(key_bytes, byte));
}

std::vector<WebhookSecret> secrets(std::initializer_list<std::string_view> texts) {
  std::vector<WebhookSecret> all;
  for (const auto text : texts) all.push_back(WebhookSecret::parse(text).value());
  return all;
}

TEST(WebhookSignature, IsThatOfTheReferenceLibraries) {
  EXPECT_EQ(sign(secrets({kSecret}), kId, kSeconds, kBody), kSignature);
}

// RFC 4231 §4.5, the one of its cases whose key has the size of a secret.
TEST(WebhookSignature, IsHmacSha256) {
  std::string key;
  for (char byte = 1; byte <= 25; ++byte) key.push_back(byte);
  const auto secret = WebhookSecret::parse("whsec_" + encode_base64(key));
  ASSERT_TRUE(secret) << secret.error().message;
  const std::string mac = secret->hmac_sha256(std::string(50, '\xcd'));
  EXPECT_EQ(encode_base64(mac), "glWKOJpEPA6kzIGYmfIIOoXw+qPlePgHei4/9GcpZls=");
}

TEST(WebhookSignature, HasOneForEachSecretInTheirOrder) {
  const std::string old_secret = secret_of(24, 'o');
  const auto old_signature = sign(secrets({old_secret}), kId, kSeconds, kBody);
  ASSERT_TRUE(old_signature);
  EXPECT_NE(*old_signature, kSignature);
  EXPECT_EQ(sign(secrets({kSecret, old_secret}), kId, kSeconds, kBody),
            std::string(kSignature) + " " + *old_signature);
}

TEST(WebhookSignature, CoversIdTimestampAndBody) {
  const auto keys = secrets({kSecret});
  EXPECT_NE(sign(keys, "msg_1", kSeconds, kBody), kSignature);
  EXPECT_NE(sign(keys, kId, kSeconds + 1, kBody), kSignature);
  EXPECT_NE(sign(keys, kId, kSeconds, R"({"test":2432232314})"), kSignature);
  EXPECT_NE(sign(keys, kId, kSeconds, ""), kSignature);
}

TEST(WebhookSignature, RefusesAnIdThatCouldBeTakenForAnother) {
  const auto keys = secrets({kSecret});
  for (const std::string& id :
       {std::string(), std::string("msg.1"), std::string("msg 1"), std::string("msg\r\nx: y"),
        std::string("msg\xc3\xa9"), std::string("msg\0", 4), std::string(kIdBytesMax + 1, 'a')}) {
    const auto header = sign(keys, id, kSeconds, kBody);
    ASSERT_FALSE(header) << id;
    EXPECT_EQ(header.error().code, ErrorCode::kUsage);
  }
  EXPECT_TRUE(sign(keys, std::string(kIdBytesMax, 'a'), kSeconds, kBody));
}

TEST(WebhookSecret, HasTheSpecificationsSizes) {
  for (const std::size_t good : {24u, 25u, 32u, 64u}) {
    EXPECT_TRUE(WebhookSecret::parse(secret_of(good))) << good;
  }
  for (const std::size_t bad : {0u, 23u, 65u, 1000u}) {
    const auto secret = WebhookSecret::parse(secret_of(bad));
    ASSERT_FALSE(secret) << bad;
    EXPECT_THAT(secret.error().message, HasSubstr("24 to 64"));
  }
}

TEST(WebhookSecret, RefusalsSayWhyAndQuoteNothing) {
  const std::pair<std::string, std::string> cases[] = {
      {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "'whsec_'"},
      {"WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "'whsec_'"},
      {"whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "'whsec_'"},
      {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_", "Base64"},
      {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo", "Base64"},
      {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "Base64"},
  };
  for (const auto& [text, said] : cases) {
    const auto secret = WebhookSecret::parse(text);
    ASSERT_FALSE(secret) << text;
    EXPECT_EQ(secret.error().code, ErrorCode::kUsage);
    EXPECT_THAT(secret.error().message, HasSubstr(said));
    EXPECT_THAT(secret.error().message, Not(HasSubstr("MfKQ9r8G")));
    EXPECT_THAT(secret.error().message, Not(HasSubstr("\n")));
  }
}

}  // namespace
}  // namespace bb::webhook
