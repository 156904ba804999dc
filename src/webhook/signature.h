// How a webhook proves who sent it: Standard Webhooks 1.0.0, "Signature scheme", in its symmetric
// form (HMAC-SHA256, identifier "v1").
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::webhook {

// Limits of the specification, in bytes of the key: 192 to 512 bits.
inline constexpr std::size_t kSecretBytesMin = 24;
inline constexpr std::size_t kSecretBytesMax = 64;
// Of a webhook-id. Event ids are UUIDs; receivers keep what they have seen.
inline constexpr std::size_t kIdBytesMax = 256;

// A key shared with the receiver. It has no text form on purpose: nothing can print it. Its memory
// is wiped before it is freed.
class WebhookSecret {
 public:
  // "whsec_" and the Base64 of the key (RFC 4648 §4, with padding). kUsage says what is wrong and
  // quotes nothing of `text`.
  static Result<WebhookSecret> parse(std::string_view text);

  WebhookSecret(const WebhookSecret&) = default;
  WebhookSecret(WebhookSecret&&) = default;
  WebhookSecret& operator=(const WebhookSecret&) = delete;
  WebhookSecret& operator=(WebhookSecret&&) = delete;
  ~WebhookSecret();

  // The 32 bytes of HMAC-SHA256 (RFC 2104, FIPS 180-4) under this key.
  std::string hmac_sha256(std::string_view text) const;

 private:
  explicit WebhookSecret(std::string key) : key_(std::move(key)) {}

  std::string key_;
};

// The value of the webhook-signature header: "v1,<Base64>" for each secret, in their order, with a
// space between. More than one while a secret is being replaced: the receiver takes a webhook that
// any of them signed. `secrets` holds at least one. `unix_seconds` is when this attempt is made and
// goes into webhook-timestamp; `body` is signed byte for byte as it is sent.
//
// kUsage: the id is empty, longer than kIdBytesMax, or holds a '.' (which would let parts of a
// signed text change places) or anything but visible ASCII (it goes into a header).
Result<std::string> sign(std::span<const WebhookSecret> secrets, std::string_view id,
                         std::int64_t unix_seconds, std::string_view body);

}  // namespace bb::webhook
