#include "tls/context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/try.h"
#include "io/read_file.h"

namespace bb::tls {
namespace {

using boost::asio::ssl::context;

// The bundle of all public authorities has 200 KiB.
constexpr std::size_t kFileBytesMax = 4 << 20;

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using CertificatePointer = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;

std::unexpected<Error> invalid(std::string_view parameter, std::string_view file,
                               std::string_view problem) {
  return fail(ErrorCode::kInvalidUrl, fmt::format("{} {}: {}", parameter, file, problem));
}

// What OpenSSL says of its last failure, which is thereby forgotten.
std::string last_problem() {
  const auto error = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(error);
  return reason == nullptr ? "an unknown error" : reason;
}

Result<std::string> read(std::string_view parameter, const std::string& file) {
  auto text = io::read_file(file, kFileBytesMax);
  // It names the file.
  if (!text)
    return fail(ErrorCode::kInvalidUrl, fmt::format("{}: {}", parameter, text.error().message));
  return text;
}

Bio reader_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// What OpenSSL asks for the password of an encrypted key; without it, it would ask the terminal.
struct Password {
  std::string_view text;
  bool was_wanted = false;

  static int give(char* target, int size, int, void* self) {
    auto& password = *static_cast<Password*>(self);
    password.was_wanted = true;
    const std::size_t bytes = std::min(password.text.size(), static_cast<std::size_t>(size));
    std::memcpy(target, password.text.data(), bytes);
    return bytes == 0 ? -1 : static_cast<int>(bytes);
  }
};

Result<Key> read_key(std::string_view parameter, const std::string& file,
                     const std::string& key_password) {
  BB_TRY_ASSIGN(const std::string text, read(parameter, file));
  const Bio reader = reader_of(text);
  Password password{key_password};
  Key key(PEM_read_bio_PrivateKey(reader.get(), nullptr, Password::give, &password));
  if (key) return key;
  const std::string problem = last_problem();
  if (password.was_wanted && key_password.empty()) {
    return invalid(parameter, file, "the key is encrypted: give its password with 'password'");
  }
  if (password.was_wanted) return invalid(parameter, file, "the key's password is another one");
  return invalid(parameter, file, fmt::format("it holds no private key in PEM ({})", problem));
}

// The files of a certificate and of its key, and what messages call them.
struct OwnFiles {
  std::string_view certificate_name;
  const std::string& certificate;
  std::string_view key_name;
  const std::string& key;  // empty: with the certificate
  const std::string& key_password;
};

Result<void> use_certificate(context& made, const OwnFiles& files) {
  BB_TRY_ASSIGN(const std::string text, read(files.certificate_name, files.certificate));
  boost::system::error_code error;
  made.use_certificate_chain(boost::asio::buffer(text), error);
  if (error) {
    return invalid(files.certificate_name, files.certificate,
                   fmt::format("it holds no certificate in PEM ({})", error.message()));
  }
  const bool is_apart = !files.key.empty();
  const std::string& file = is_apart ? files.key : files.certificate;
  const std::string_view name = is_apart ? files.key_name : files.certificate_name;
  BB_TRY_ASSIGN(const Key key, read_key(name, file, files.key_password));
  SSL_CTX* const handle = made.native_handle();
  if (X509_check_private_key(SSL_CTX_get0_certificate(handle), key.get()) != 1) {
    ERR_clear_error();
    return invalid(name, file,
                   fmt::format("the key is not that of the certificate in {}", files.certificate));
  }
  if (SSL_CTX_use_PrivateKey(handle, key.get()) != 1) return invalid(name, file, last_problem());
  return {};
}

Result<Store> read_authorities(std::string_view name, const std::string& file) {
  BB_TRY_ASSIGN(const std::string text, read(name, file));
  const Bio reader = reader_of(text);
  Store store(X509_STORE_new());
  std::size_t count = 0;
  Password none;
  while (const CertificatePointer certificate{
      PEM_read_bio_X509(reader.get(), nullptr, Password::give, &none)}) {
    X509_STORE_add_cert(store.get(), certificate.get());
    ++count;
  }
  const auto error = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  const std::string problem = last_problem();
  if (count == 0 || !at_end) {
    return invalid(name, file,
                   fmt::format("it holds no certificates in PEM, or a broken one ({})", problem));
  }
  // An authority in the file is trusted, whether its own root is there as well or not.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

// Where OpenSSL looks for them.
std::string system_places() {
  std::string places;
  for (const char* const name :
       {X509_get_default_cert_file_env(), X509_get_default_cert_dir_env()}) {
    const char* const value = std::getenv(name);
    if (value != nullptr) places += value;
    places += '\n';
  }
  return places;
}

// For all connections of the process: OpenSSL locks it where it has to, and nothing here changes
// it.
class SystemAuthorities {
 public:
  // The context shares it.
  static void use_for(SSL_CTX* handle) {
    static SystemAuthorities authorities;
    const std::lock_guard lock(authorities.mutex_);
    std::string places = system_places();
    if (!authorities.store_ || places != authorities.places_) {
      authorities.store_.reset(X509_STORE_new());
      // Files that are missing are no error: who trusts nobody is told so by each handshake.
      X509_STORE_set_default_paths(authorities.store_.get());
      ERR_clear_error();
      authorities.places_ = std::move(places);
    }
    SSL_CTX_set1_cert_store(handle, authorities.store_.get());
  }

 private:
  std::mutex mutex_;
  Store store_;
  std::string places_;
};

}  // namespace

Result<context> make_client_context(const amqp::TlsParameters& parameters) {
  context made(context::tls_client);
  SSL_CTX* const handle = made.native_handle();
  SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
  if (parameters.cacertfile.empty()) {
    if (parameters.verify_peer) SystemAuthorities::use_for(handle);
  } else {
    BB_TRY_ASSIGN(const Store store, read_authorities("cacertfile", parameters.cacertfile));
    SSL_CTX_set1_cert_store(handle, store.get());
  }
  if (!parameters.certfile.empty()) {
    BB_TRY(use_certificate(made, {.certificate_name = "certfile",
                                  .certificate = parameters.certfile,
                                  .key_name = "keyfile",
                                  .key = parameters.keyfile,
                                  .key_password = parameters.key_password}));
  }
  SSL_CTX_set_verify(handle, parameters.verify_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (parameters.depth) SSL_CTX_set_verify_depth(handle, *parameters.depth);
  return made;
}

}  // namespace bb::tls
