// For tests: a certificate that nobody has to renew, because each run makes its own.
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

namespace bb::webhook {

struct TestCertificate {
  std::string certificate_pem;
  std::string key_pem;
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

inline std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_ctrl(bio.get(), BIO_CTRL_INFO, 0, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace test_certificate_detail

// Signed by itself, valid for a day. `alternative_name`: "IP:127.0.0.1", "DNS:example.org".
inline TestCertificate make_test_certificate(const char* alternative_name) {
  using namespace test_certificate_detail;
  const std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const std::unique_ptr<X509, Free<X509_free>> certificate(X509_new());
  BB_ASSERT(key && certificate);
  X509* x509 = certificate.get();
  int done = X509_set_version(x509, X509_VERSION_3);
  done &= ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  BB_ASSERT(X509_gmtime_adj(X509_getm_notBefore(x509), -3600) != nullptr);
  BB_ASSERT(X509_gmtime_adj(X509_getm_notAfter(x509), 86'400) != nullptr);
  done &= X509_set_pubkey(x509, key.get());
  X509_NAME* name = X509_get_subject_name(x509);
  done &= X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("webhook test"), -1, -1, 0);
  done &= X509_set_issuer_name(x509, name);
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name));
  BB_ASSERT(names != nullptr);
  done &= X509_add_ext(x509, names.get(), -1);
  BB_ASSERT(done == 1);
  BB_ASSERT(X509_sign(x509, key.get(), EVP_sha256()) > 0);

  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_mem()));
  BB_ASSERT(PEM_write_bio_X509(certificate_text.get(), x509) == 1);
  BB_ASSERT(PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                     nullptr) == 1);
  return {text_of(certificate_text), text_of(key_text)};
}

}  // namespace bb::webhook
