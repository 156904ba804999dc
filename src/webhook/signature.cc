#include "webhook/signature.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/base64.h"

namespace bb::webhook {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kHowToMakeOne =
    "make one with: echo \"whsec_$(openssl rand -base64 32)\"";

std::unexpected<Error> invalid_secret(std::string_view problem) {
  return fail(ErrorCode::kUsage,
              fmt::format("invalid webhook secret: {}; {}", problem, kHowToMakeOne));
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdBytesMax &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c < '\x7f' && c != '.'; });
}

}  // namespace

Result<WebhookSecret> WebhookSecret::parse(std::string_view text) {
  if (!text.starts_with(kSecretPrefix)) return invalid_secret("it does not start with 'whsec_'");
  auto key = decode_base64(text.substr(kSecretPrefix.size()));
  if (!key) return invalid_secret("what follows 'whsec_' is not Base64 with padding");
  WebhookSecret secret(*std::move(key));
  const std::size_t size = secret.key_.size();
  if (size < kSecretBytesMin || size > kSecretBytesMax) {
    return invalid_secret(fmt::format("the key has {} bytes, and must have {} to {}", size,
                                      kSecretBytesMin, kSecretBytesMax));
  }
  return secret;
}

WebhookSecret::~WebhookSecret() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

std::string WebhookSecret::hmac_sha256(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  const auto* done =
      ::HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  BB_ASSERT(done != nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

Result<std::string> sign(std::span<const WebhookSecret> secrets, std::string_view id,
                         std::int64_t unix_seconds, std::string_view body) {
  BB_ASSERT(!secrets.empty());
  if (!is_id(id)) {
    return fail(ErrorCode::kUsage,
                fmt::format("the event's id cannot be a webhook-id: that has 1 to {} visible ASCII "
                            "characters and no '.'",
                            kIdBytesMax));
  }
  const std::string signed_text = fmt::format("{}.{}.{}", id, unix_seconds, body);
  std::string header;
  for (const WebhookSecret& secret : secrets) {
    if (!header.empty()) header.push_back(' ');
    header.append("v1,").append(encode_base64(secret.hmac_sha256(signed_text)));
  }
  return header;
}

}  // namespace bb::webhook
