// Connections with TLS: whom they trust, what they show, and what is said when that does not do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <functional>
#include <optional>

#include "client/channel.h"
#include "client/connection.h"
#include "client/fake_broker.h"
#include "client/test_tls_door.h"
#include "client/tls.h"
#include "tls/test_certificate.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ssl::context;
using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using tls::make_test_certificate;
using tls::TestCertificate;
using tls::TestCertificateOptions;
using Manner = FakeBroker::Manner;

template <class T>
awaitable<void> store(awaitable<T> coroutine, std::shared_ptr<std::optional<T>> value) {
  value->emplace(co_await std::move(coroutine));
}

TestCertificateOptions named(const char* common_name, const char* alternative_name) {
  TestCertificateOptions options;
  options.common_name = common_name;
  options.alternative_name = alternative_name;
  return options;
}

// A broker behind TLS, and a client that knows its authority.
class TlsConnection : public testing::Test {
 protected:
  TlsConnection() {
    TestCertificateOptions options;
    options.common_name = "test authority";
    options.is_authority = true;
    authority = make_test_certificate(options);
    authority_file = write("authority.pem", authority.certificate_pem);
    server = make_test_certificate(named("bus", "DNS:localhost,IP:127.0.0.1"), &authority);
  }

  static std::string write(const std::string& name, const std::string& text) {
    const std::string path = file(name);
    std::ofstream(path) << text;
    return path;
  }
  // Of this process: others run at the same time.
  static std::string file(const std::string& name) {
    return testing::TempDir() + "bb_tls_" + std::to_string(::getpid()) + "_" + name;
  }

  // The URL's host is a name of 127.0.0.1.
  ConnectOptions listen(const std::string& host = "localhost") {
    broker = FakeBroker::listen(loop, Manner::kAmqp);
    context tls(context::tls_server);
    tls.use_certificate_chain(asio::buffer(server.certificate_pem));
    tls.use_private_key(asio::buffer(server.key_pem), context::pem);
    if (wants_client_certificate) {
      tls.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
      tls.add_certificate_authority(asio::buffer(authority.certificate_pem));
    }
    if (version_max != 0) SSL_CTX_set_max_proto_version(tls.native_handle(), version_max);
    door = TlsDoor::open(loop, std::move(tls), broker->options().url.port);
    ConnectOptions options;
    options.url.tls = true;
    options.url.password = "s3cret";
    options.url.host = host;
    options.url.port = door->port();
    options.url.tls_parameters.cacertfile = authority_file;
    return options;
  }

  // It fails the test rather than hang.
  template <class T>
  T run(awaitable<T> coroutine) {
    auto value = std::make_shared<std::optional<T>>();
    asio::co_spawn(loop, store(std::move(coroutine), value),
                   [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!value->has_value() && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_one_for(milliseconds(100));
    }
    if (!value->has_value()) throw std::runtime_error("hangs");
    return *std::move(*value);
  }

  void expect_connects(ConnectOptions options) {
    const auto connection = run(Connection::connect(std::move(options)));
    ASSERT_TRUE(connection) << connection.error().message;
    EXPECT_TRUE(connection->is_open());
  }

  Error refusal(ConnectOptions options) {
    auto connection = run(Connection::connect(std::move(options)));
    if (connection) {
      ADD_FAILURE() << "connected";
      return {ErrorCode::kFailure, {}};
    }
    EXPECT_THAT(connection.error().message, Not(HasSubstr("s3cret")));
    EXPECT_THAT(connection.error().message, Not(HasSubstr("\n")));
    return connection.error();
  }

  asio::io_context loop{1};
  TestCertificate authority;
  TestCertificate server;
  std::string authority_file;
  bool wants_client_certificate = false;
  int version_max = 0;
  std::shared_ptr<FakeBroker> broker;
  std::shared_ptr<TlsDoor> door;
};

awaitable<Result<void>> publish_and_leave(Connection& connection, std::string body, int count) {
  auto channel = co_await connection.open_channel();
  if (!channel) co_return fail(std::move(channel).error());
  for (int i = 0; i < count; ++i) {
    OutgoingMessage message;
    message.routing_key = "key";
    message.body = body;
    if (auto sent = channel->publish(message); !sent) co_return fail(std::move(sent).error());
  }
  co_await connection.close();
  co_return Result<void>{};
}

TEST_F(TlsConnection, PassesEverythingThrough) {
  auto connection = run(Connection::connect(listen()));
  ASSERT_TRUE(connection) << connection.error().message;
  EXPECT_EQ(door->version, "TLSv1.3");
  EXPECT_EQ(door->server_name, "localhost");
  ASSERT_NE(connection->tls_facts(), nullptr);
  EXPECT_EQ(connection->tls_facts()->version, "TLSv1.3");
  const tls::Certificate& shown = connection->tls_facts()->certificate.value();
  EXPECT_EQ(shown.subject, "CN=bus");
  EXPECT_EQ(shown.issuer, "CN=test authority");
  EXPECT_EQ(shown.name_list(), "localhost, 127.0.0.1");
  EXPECT_GT(shown.not_after, std::chrono::system_clock::now());

  const auto done = run(publish_and_leave(*connection, std::string(1 << 20, 'x'), 8));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(connection->failure().message, "") << "the goodbye was answered";
  EXPECT_EQ(std::ranges::count(broker->received, "basic.publish"), 8);
}

TEST_F(TlsConnection, ABrokerThatVanishesIsOneThatVanishes) {
  auto connection = run(Connection::connect(listen()));
  ASSERT_TRUE(connection) << connection.error().message;
  broker->hangs_up();
  while (connection->is_open()) {
    loop.restart();
    loop.run_one_for(milliseconds(100));
  }
  EXPECT_EQ(connection->failure().code, ErrorCode::kClosed);
  EXPECT_THAT(connection->failure().message, HasSubstr("broke off"));
}

TEST_F(TlsConnection, TakesAnAddressForAName) {
  expect_connects(listen("127.0.0.1"));
  EXPECT_EQ(door->server_name, "") << "RFC 6066 has no addresses";
}

TEST_F(TlsConnection, SpeaksTls12AndNothingOlder) {
  version_max = TLS1_2_VERSION;
  expect_connects(listen());
  EXPECT_EQ(door->version, "TLSv1.2");
  version_max = TLS1_1_VERSION;
  const Error error = refusal(listen());
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
}

TEST_F(TlsConnection, AnExpiredCertificateIsToldWithItsDate) {
  TestCertificateOptions options = named("bus", "DNS:localhost");
  options.starts_in_s = -7200;
  options.ends_in_s = -3600;
  server = make_test_certificate(options, &authority);
  const Error error = refusal(listen());
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
  EXPECT_THAT(error.message, testing::ContainsRegex(
                                 "certificate 'CN=bus' expired on 20[0-9-]*T[0-9:]*Z: it has to"));
}

TEST_F(TlsConnection, OneOfTheFutureAsksForTheClock) {
  TestCertificateOptions options = named("bus", "DNS:localhost");
  options.starts_in_s = 3600;
  server = make_test_certificate(options, &authority);
  const Error error = refusal(listen());
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("clock"));
}

TEST_F(TlsConnection, ACertificateForOthersIsToldWithTheirNames) {
  server =
      make_test_certificate(named("bus", "DNS:bus.example,DNS:*.example,IP:10.0.0.1"), &authority);
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const Error error = refusal(listen(host));
    EXPECT_EQ(error.code, ErrorCode::kUnreachable);
    EXPECT_THAT(error.message, HasSubstr(std::string("is for bus.example, *.example, 10.0.0.1, and "
                                                     "not for '") +
                                         host + "'"));
  }
}

TEST_F(TlsConnection, TheNameToExpectCanBeAnotherOrNone) {
  server = make_test_certificate(named("bus", "DNS:bus.example"), &authority);
  ConnectOptions options = listen();
  options.url.tls_parameters.server_name = "bus.example";
  expect_connects(options);
  EXPECT_EQ(door->server_name, "bus.example");
  options = listen();
  options.url.tls_parameters.server_name = "";
  expect_connects(options);
  EXPECT_EQ(door->server_name, "");
}

TEST_F(TlsConnection, AnUnknownAuthorityIsNamedAndHowToTrustIt) {
  ConnectOptions options = listen();
  options.url.tls_parameters.cacertfile.clear();
  const Error of_system = refusal(options);
  EXPECT_EQ(of_system.code, ErrorCode::kUnreachable);
  EXPECT_THAT(of_system.message,
              HasSubstr("'CN=test authority', an authority that is not trusted"));
  EXPECT_THAT(of_system.message, HasSubstr("cacertfile"));

  const TestCertificate other = make_test_certificate("DNS:other");
  options = listen();
  options.url.tls_parameters.cacertfile = write("other.pem", other.certificate_pem);
  EXPECT_THAT(refusal(options).message, HasSubstr("not in " + file("other")));
}

TEST_F(TlsConnection, ACertificateThatIsGivenItselfIsTrusted) {
  ConnectOptions options = listen();
  options.url.tls_parameters.cacertfile = write("server.pem", server.certificate_pem);
  expect_connects(options);
}

TEST_F(TlsConnection, CanLeaveOutTheCheck) {
  server = make_test_certificate(named("bus", "DNS:bus.example"));
  ConnectOptions options = listen();
  options.url.tls_parameters.verify_peer = false;
  expect_connects(options);
}

TEST_F(TlsConnection, ShowsItsCertificate) {
  wants_client_certificate = true;
  const TestCertificate ours = make_test_certificate(named("ada", nullptr), &authority);
  ConnectOptions options = listen();
  options.url.tls_parameters.certfile = write("ada.pem", ours.certificate_pem);
  options.url.tls_parameters.keyfile = write("ada.key", ours.key_pem);
  expect_connects(options);

  options = listen();
  options.url.tls_parameters.certfile = write("both.pem", ours.certificate_pem + ours.key_pem);
  expect_connects(options);
}

TEST_F(TlsConnection, UnlocksItsKey) {
  wants_client_certificate = true;
  TestCertificateOptions locked = named("ada", nullptr);
  locked.key_password = "0pen";
  const TestCertificate ours = make_test_certificate(locked, &authority);
  ConnectOptions options = listen();
  amqp::TlsParameters& tls = options.url.tls_parameters;
  tls.certfile = write("locked.pem", ours.certificate_pem + ours.key_pem);
  EXPECT_THAT(refusal(options).message, HasSubstr("encrypted: give its password"));
  tls.key_password = "wr0ng";
  const Error error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::kInvalidUrl);
  EXPECT_THAT(error.message, HasSubstr("the key's password is another one"));
  EXPECT_THAT(error.message, Not(HasSubstr("wr0ng")));
  tls.key_password = "0pen";
  expect_connects(options);
}

TEST_F(TlsConnection, ABrokerThatDemandsACertificateSaysSo) {
  wants_client_certificate = true;
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    version_max = version;
    const Error missing = refusal(listen());
    EXPECT_EQ(missing.code, ErrorCode::kAccessRefused) << missing.message;
    EXPECT_THAT(missing.message, HasSubstr("certfile=FILE"));

    const TestCertificate stranger = make_test_certificate("DNS:ada");
    ConnectOptions options = listen();
    options.url.tls_parameters.certfile =
        write("stranger.pem", stranger.certificate_pem + stranger.key_pem);
    const Error unknown = refusal(options);
    EXPECT_EQ(unknown.code, ErrorCode::kAccessRefused) << unknown.message;
    EXPECT_THAT(unknown.message, HasSubstr("it refuses the certificate"));
  }
}

TEST_F(TlsConnection, AFileThatCannotBeUsedIsToldWithTheUrl) {
  ConnectOptions options = listen();
  options.url.tls_parameters.certfile = "/no/such.pem";
  const Error error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::kInvalidUrl);
  EXPECT_THAT(error.message, testing::StartsWith("amqps://guest@localhost:"));
  EXPECT_THAT(error.message, HasSubstr(": certfile: cannot read /no/such.pem"));
}

TEST_F(TlsConnection, APlainBrokerIsToldFromOneWithTls) {
  const auto plain = FakeBroker::listen(loop, Manner::kHttp);
  ConnectOptions options = plain->options("localhost");
  options.url.tls = true;
  Error error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("does not speak TLS: use the broker's port for TLS"));

  options = listen();
  options.url.tls = false;
  error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("TLS"));
  EXPECT_THAT(error.message, HasSubstr("amqps://"));
}

TEST_F(TlsConnection, ASilentPeerIsGivenUp) {
  const auto silent = FakeBroker::listen(loop, Manner::kSilent);
  ConnectOptions options = silent->options("localhost");
  options.url.tls = true;
  options.timeout = milliseconds(200);
  const Error error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("did not complete the TLS handshake in time"));
}

TEST_F(TlsConnection, APeerThatSpeaksSomethingElseOverTlsIsNoBroker) {
  ConnectOptions options = listen();
  const auto web = FakeBroker::listen(loop, Manner::kHttp);
  context tls(context::tls_server);
  tls.use_certificate_chain(asio::buffer(server.certificate_pem));
  tls.use_private_key(asio::buffer(server.key_pem), context::pem);
  const auto other_door = TlsDoor::open(loop, std::move(tls), web->options().url.port);
  options.url.port = other_door->port();
  EXPECT_THAT(refusal(options).message, HasSubstr("is no AMQP broker: it answered 'HTTP/1.1 400"));
}

}  // namespace
}  // namespace bb::client
