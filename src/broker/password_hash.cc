// The functions below are deprecated in favour of those that ask a provider for the algorithm.
// Loading one, with OpenSSL's configuration, would cost every start of the broker two milliseconds.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "broker/password_hash.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>

#include "base/assert.h"
#include "base/base64.h"

namespace bb::broker {
namespace {

constexpr std::size_t kSaltBytes = 4;
constexpr std::string_view kSha256Name = "rabbit_password_hashing_sha256";
constexpr std::string_view kSha512Name = "rabbit_password_hashing_sha512";

std::string digest(PasswordHash::Algorithm algorithm, std::string_view text) {
  std::array<unsigned char, SHA512_DIGEST_LENGTH> out{};
  std::size_t size = SHA512_DIGEST_LENGTH;
  int done = 1;
  if (algorithm == PasswordHash::Algorithm::kSha256) {
    size = SHA256_DIGEST_LENGTH;
    SHA256_CTX state;
    done &= ::SHA256_Init(&state);
    done &= ::SHA256_Update(&state, text.data(), text.size());
    done &= ::SHA256_Final(out.data(), &state);
  } else {
    SHA512_CTX state;
    done &= ::SHA512_Init(&state);
    done &= ::SHA512_Update(&state, text.data(), text.size());
    done &= ::SHA512_Final(out.data(), &state);
  }
  BB_ASSERT(done == 1);
  return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace

PasswordHash PasswordHash::make(std::string_view password, std::uint32_t salt) {
  std::string salted;
  for (int shift = 24; shift >= 0; shift -= 8) salted.push_back(static_cast<char>(salt >> shift));
  salted.append(digest(Algorithm::kSha256, salted + std::string(password)));
  return {Algorithm::kSha256, std::move(salted)};
}

Result<PasswordHash> PasswordHash::parse(std::string_view text, std::string_view algorithm_name) {
  if (algorithm_name != kSha256Name && algorithm_name != kSha512Name) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("hashing algorithm '{}' is not supported: use {} or {}", algorithm_name,
                            kSha256Name, kSha512Name));
  }
  const bool is_sha256 = algorithm_name == kSha256Name;
  auto salted = decode_base64(text);
  if (!salted ||
      salted->size() != kSaltBytes + (is_sha256 ? SHA256_DIGEST_LENGTH : SHA512_DIGEST_LENGTH)) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("the password hash is not the Base64 of a salt and a digest of {}",
                            algorithm_name));
  }
  return PasswordHash(is_sha256 ? Algorithm::kSha256 : Algorithm::kSha512, *std::move(salted));
}

bool PasswordHash::matches(std::string_view password) const {
  const std::string salt = salted_.substr(0, kSaltBytes);
  const std::string expected = digest(algorithm_, salt + std::string(password));
  return CRYPTO_memcmp(expected.data(), salted_.data() + kSaltBytes, expected.size()) == 0;
}

std::string PasswordHash::text() const {
  return encode_base64(salted_);
}

std::string_view PasswordHash::algorithm_name() const {
  return algorithm_ == Algorithm::kSha256 ? kSha256Name : kSha512Name;
}

}  // namespace bb::broker
