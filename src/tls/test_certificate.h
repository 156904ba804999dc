// For tests: certificates that nobody has to renew, because each run makes its own.
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/assert.h"

namespace bb::tls {

struct TestCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

struct TestCertificateOptions {
  const char* common_name = "test";
  const char* alternative_name = nullptr;  // "IP:127.0.0.1", "DNS:example.org"
  bool is_authority = false;
  long starts_in_s = -3600;
  long ends_in_s = 86'400;
  const char* key_password = nullptr;  // encrypts the key
};

namespace test_certificate_detail {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using CertificatePointer = std::unique_ptr<X509, Free<X509_free>>;

inline std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_ctrl(bio.get(), BIO_CTRL_INFO, 0, &data);
  return {data, static_cast<std::size_t>(size)};
}

inline Bio reader_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

inline void add_extension(X509* certificate, int kind, const char* value) {
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
  BB_ASSERT(extension != nullptr);
  BB_ASSERT(X509_add_ext(certificate, extension.get(), -1) == 1);
}

}  // namespace test_certificate_detail

// Signed by `issuer`, or by itself.
inline TestCertificate make_test_certificate(const TestCertificateOptions& options,
                                             const TestCertificate* issuer = nullptr) {
  using namespace test_certificate_detail;
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const CertificatePointer certificate(X509_new());
  BB_ASSERT(key && certificate);
  X509* const x509 = certificate.get();
  int done = X509_set_version(x509, X509_VERSION_3);
  static long serial = 0;
  done &= ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
  BB_ASSERT(X509_gmtime_adj(X509_getm_notBefore(x509), options.starts_in_s) != nullptr);
  BB_ASSERT(X509_gmtime_adj(X509_getm_notAfter(x509), options.ends_in_s) != nullptr);
  done &= X509_set_pubkey(x509, key.get());
  X509_NAME* const name = X509_get_subject_name(x509);
  done &= X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>(options.common_name),
                                     -1, -1, 0);
  if (options.alternative_name != nullptr) {
    add_extension(x509, NID_subject_alt_name, options.alternative_name);
  }
  if (options.is_authority) add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
  if (issuer == nullptr) {
    done &= X509_set_issuer_name(x509, name);
    BB_ASSERT(X509_sign(x509, key.get(), EVP_sha256()) > 0);
  } else {
    const Bio certificate_reader = reader_of(issuer->certificate_pem);
    const Bio key_reader = reader_of(issuer->key_pem);
    const CertificatePointer parent(
        PEM_read_bio_X509(certificate_reader.get(), nullptr, nullptr, nullptr));
    const Key parent_key(PEM_read_bio_PrivateKey(key_reader.get(), nullptr, nullptr, nullptr));
    BB_ASSERT(parent && parent_key);
    done &= X509_set_issuer_name(x509, X509_get_subject_name(parent.get()));
    BB_ASSERT(X509_sign(x509, parent_key.get(), EVP_sha256()) > 0);
  }
  BB_ASSERT(done == 1);

  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_mem()));
  BB_ASSERT(PEM_write_bio_X509(certificate_text.get(), x509) == 1);
  const EVP_CIPHER* const cipher = options.key_password == nullptr ? nullptr : EVP_aes_128_cbc();
  // Without a callback it takes this for the password.
  void* const password = const_cast<char*>(options.key_password);
  BB_ASSERT(PEM_write_bio_PrivateKey(key_text.get(), key.get(), cipher, nullptr, 0, nullptr,
                                     password) == 1);
  return {text_of(certificate_text), text_of(key_text)};
}

// Signed by itself, valid for a day.
inline TestCertificate make_test_certificate(const char* alternative_name) {
  TestCertificateOptions options;
  options.alternative_name = alternative_name;
  return make_test_certificate(options);
}

}  // namespace bb::tls
