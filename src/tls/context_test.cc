// Files of TLS that cannot be used. What comes of those that can is in
// client/tls_connection_test.cc.
#include "tls/context.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tls/test_certificate.h"

namespace bb::tls {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string write(const std::string& name, const std::string& text) {
  // Of this process: others run at the same time.
  const std::string path =
      testing::TempDir() + "bb_tls_context_" + std::to_string(::getpid()) + "_" + name;
  std::ofstream(path) << text;
  return path;
}

Error refusal(const amqp::TlsParameters& parameters) {
  const auto made = make_client_context(parameters);
  if (made) {
    ADD_FAILURE() << "made";
    return {ErrorCode::kFailure, {}};
  }
  EXPECT_EQ(made.error().code, ErrorCode::kInvalidUrl);
  return made.error();
}

TEST(TlsContext, NamesTheFileThatCannotBeUsed) {
  const TestCertificate one = make_test_certificate("DNS:one");
  const TestCertificate other = make_test_certificate("DNS:other");
  const std::string certificate = write("one.pem", one.certificate_pem);
  const std::string text = write("text.pem", "certainly\n");
  const std::string torn =
      write("torn.pem", one.certificate_pem + "-----BEGIN CERTIFICATE-----\nAAAA\n");
  struct Case {
    amqp::TlsParameters tls;
    std::string said;
  };
  const Case cases[] = {
      {{.cacertfile = "/no/such.pem"}, "cacertfile: cannot read /no/such.pem: No such file"},
      {{.cacertfile = text}, "cacertfile " + text + ": it holds no certificates in PEM"},
      {{.cacertfile = torn}, "or a broken one"},
      {{.certfile = "/no/such.pem"}, "certfile: cannot read /no/such.pem: No such file"},
      {{.certfile = text}, "certfile " + text + ": it holds no certificate in PEM"},
      {{.certfile = certificate}, "certfile " + certificate + ": it holds no private key in PEM"},
      {{.certfile = certificate, .keyfile = testing::TempDir()}, "it is a directory"},
      {{.certfile = certificate, .keyfile = "/no/key"}, "keyfile: cannot read /no/key: No such"},
      {{.certfile = certificate, .keyfile = write("other.key", other.key_pem)},
       "the key is not that of the certificate in " + certificate},
  };
  for (const auto& [tls, said] : cases) EXPECT_THAT(refusal(tls).message, HasSubstr(said));
}

TEST(TlsContext, WantsThePasswordOfAnEncryptedKey) {
  TestCertificateOptions locked;
  locked.key_password = "0pen";
  const TestCertificate ours = make_test_certificate(locked);
  amqp::TlsParameters parameters;
  parameters.certfile = write("locked.pem", ours.certificate_pem + ours.key_pem);
  EXPECT_THAT(refusal(parameters).message, HasSubstr("encrypted: give its password"));
  parameters.key_password = "wr0ng";
  const Error wrong = refusal(parameters);
  EXPECT_THAT(wrong.message, HasSubstr("the key's password is another one"));
  EXPECT_THAT(wrong.message, Not(HasSubstr("wr0ng")));
  parameters.key_password = "0pen";
  EXPECT_TRUE(make_client_context(parameters));
}

// Once read they are kept, until the environment names others.
TEST(TlsContext, KnowsTheAuthoritiesOfTheSystem) {
  const TestCertificate one = make_test_certificate("DNS:one");
  ::setenv("SSL_CERT_FILE", write("system.pem", one.certificate_pem).c_str(), 1);
  ::setenv("SSL_CERT_DIR", "/nowhere", 1);
  const auto count = [] {
    auto made = make_client_context({});
    EXPECT_TRUE(made);
    X509_STORE* const store = SSL_CTX_get_cert_store(made->native_handle());
    return std::pair(store, sk_X509_OBJECT_num(X509_STORE_get0_objects(store)));
  };
  const auto first = count();
  EXPECT_EQ(first.second, 1);
  EXPECT_EQ(count().first, first.first) << "shared";
  ::setenv("SSL_CERT_FILE", write("empty.pem", "").c_str(), 1);
  EXPECT_EQ(count().second, 0);
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("SSL_CERT_DIR");
}

}  // namespace
}  // namespace bb::tls
