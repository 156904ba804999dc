// Passwords as they are kept: salted and hashed, in RabbitMQ's form, so that users can move
// between the two with their passwords
// (https://www.rabbitmq.com/passwords.html#computing-password-hash).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::broker {

class PasswordHash {
 public:
  enum class Algorithm : std::uint8_t { kSha256, kSha512 };

  // Hashes with SHA-256. `salt` is to differ from one password to the next; it is no secret.
  static PasswordHash make(std::string_view password, std::uint32_t salt);
  // From what text() and algorithm_name() gave. kPreconditionFailed for another algorithm, MD5
  // among them, and for text that is not a hash of the algorithm.
  static Result<PasswordHash> parse(std::string_view text, std::string_view algorithm_name);

  // Takes as long for a wrong password as for the right one.
  bool matches(std::string_view password) const;

  // Base64 of the four bytes of salt and the digest.
  std::string text() const;
  // "rabbit_password_hashing_sha256"
  std::string_view algorithm_name() const;

  friend bool operator==(const PasswordHash&, const PasswordHash&) = default;

 private:
  PasswordHash(Algorithm algorithm, std::string salted)
      : algorithm_(algorithm), salted_(std::move(salted)) {}

  Algorithm algorithm_;
  std::string salted_;  // salt, digest
};

}  // namespace bb::broker
