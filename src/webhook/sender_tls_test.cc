// Webhooks over TLS: whom the sender trusts.
#include <gmock/gmock.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <vector>

#include "tls/test_certificate.h"
#include "webhook/sender.h"
#include "webhook/test_endpoint.h"
#include "webhook/test_sender.h"

namespace bb::webhook {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using tls::make_test_certificate;
using tls::TestCertificate;
using Kind = AttemptResult::Kind;

asio::awaitable<void> post_all(std::vector<AttemptResult>& results, WebhookSender& sender,
                               unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    results.push_back(co_await sender.post("evt_1", {}, "{}"));
  }
}

class TlsSender : public testing::Test {
 protected:
  ~TlsSender() override { ::unsetenv("SSL_CERT_FILE"); }

  // Posts to an endpoint with the one certificate, by a sender that trusts the other.
  std::vector<AttemptResult> post(const TestCertificate& served, const TestCertificate& trusted,
                                  unsigned count) {
    // Another one each time: what the system trusts is read once.
    const std::string file = testing::TempDir() + "bb_webhook_trusted" +
                             std::to_string(::getpid()) + "_" + std::to_string(++files_) + ".pem";
    std::ofstream(file) << trusted.certificate_pem;
    ::setenv("SSL_CERT_FILE", file.c_str(), 1);

    asio::ssl::context tls(asio::ssl::context::tls_server);
    tls.use_certificate_chain(asio::buffer(served.certificate_pem));
    tls.use_private_key(asio::buffer(served.key_pem), asio::ssl::context::pem);
    asio::io_context context{1};
    TestEndpoint endpoint(context, [](const ReceivedRequest&) { return answer("200 OK"); }, &tls);
    auto sender = WebhookSender::make(
        sender_options("https://127.0.0.1:" + std::to_string(endpoint.port()) + "/hook"));
    EXPECT_TRUE(sender) << sender.error().message;
    std::vector<AttemptResult> results;
    if (!sender) return results;
    asio::co_spawn(context, post_all(results, *sender, count),
                   [&context](const std::exception_ptr& thrown) {
                     context.stop();
                     if (thrown) std::rethrow_exception(thrown);
                   });
    context.run();
    requests = endpoint.requests.size();
    connections = endpoint.connections;
    return results;
  }

  std::size_t requests = 0;
  unsigned connections = 0;

 private:
  static inline unsigned files_ = 0;
};

TEST_F(TlsSender, PostsToAnEndpointItTrusts) {
  const TestCertificate certificate = make_test_certificate("IP:127.0.0.1");
  const auto results = post(certificate, certificate, 3);
  ASSERT_EQ(results.size(), 3u);
  for (const AttemptResult& result : results) EXPECT_EQ(result.status, 200u) << result.problem;
  EXPECT_EQ(requests, 3u);
  EXPECT_EQ(connections, 1u) << "kept alive";
}

TEST_F(TlsSender, SendsNothingToOneThatNobodyVouchesFor) {
  const auto results =
      post(make_test_certificate("IP:127.0.0.1"), make_test_certificate("IP:127.0.0.1"), 1);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].kind, Kind::kUnreachable);
  EXPECT_THAT(results[0].problem, HasSubstr("an authority that is not trusted here"));
  EXPECT_EQ(requests, 0u);
}

TEST_F(TlsSender, SendsNothingToOneWithAnotherName) {
  for (const char* name : {"IP:127.0.0.2", "DNS:example.org"}) {
    const TestCertificate certificate = make_test_certificate(name);
    const auto results = post(certificate, certificate, 1);
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].kind, Kind::kUnreachable) << name;
    EXPECT_THAT(results[0].problem, HasSubstr("and not for '127.0.0.1'"));
    EXPECT_EQ(requests, 0u);
  }
}

}  // namespace
}  // namespace bb::webhook
