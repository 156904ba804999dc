#include "tls/certificate.h"

#include <gtest/gtest.h>

#include "tls/test_certificate.h"

namespace bb::tls {
namespace {

Certificate described(const char* common_name, const char* alternative_name) {
  TestCertificateOptions options;
  options.common_name = common_name;
  options.alternative_name = alternative_name;
  using namespace test_certificate_detail;
  const TestCertificate made = make_test_certificate(options);
  const Bio reader = reader_of(made.certificate_pem);
  const CertificatePointer certificate(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
  return describe_certificate(certificate.get());
}

TEST(CertificateNames, AreTheAlternativesOrElseTheCommonName) {
  EXPECT_EQ(described("bus", "DNS:bus.example,IP:10.0.0.1,IP:::1").name_list(),
            "bus.example, 10.0.0.1, ::1");
  EXPECT_EQ(described("bus", nullptr).name_list(), "bus");
  EXPECT_EQ(described("bus", "email:ada@bus.example").name_list(), "bus");
}

TEST(CertificateNames, AreToldUpToABound) {
  std::string many = "DNS:n1";
  for (int i = 2; i <= 9; ++i) many += ",DNS:n" + std::to_string(i);
  EXPECT_EQ(described("bus", many.c_str()).name_list(), "n1, n2, n3, n4, n5, n6, n7, n8, ...");
}

TEST(CertificateTexts, AreOneLineOfAscii) {
  const Certificate certificate = described("a\nb\xc3\xb6", nullptr);
  EXPECT_EQ(certificate.name_list().find('\n'), std::string::npos);
  EXPECT_EQ(certificate.subject.find('\n'), std::string::npos);
  for (const char c : certificate.subject + certificate.name_list()) {
    EXPECT_TRUE(c >= ' ' && c <= '~');
  }
}

TEST(CertificateTimes, AreThoseOfItsValidity) {
  const Certificate certificate = described("bus", nullptr);
  EXPECT_EQ(certificate.not_after - certificate.not_before, std::chrono::seconds(86'400 + 3600));
}

}  // namespace
}  // namespace bb::tls
