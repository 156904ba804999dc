#include "client/http_transport.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;

Result<void> refuse_v4(const asio::ip::address& address) {
  if (!address.is_v4()) return {};
  return fail(ErrorCode::kAccessRefused, address.to_string() + " is not wanted");
}

Result<void> refuse_all(const asio::ip::address&) {
  return fail(ErrorCode::kAccessRefused, "nothing is wanted");
}

asio::awaitable<void> connect_into(std::optional<Result<void>>& outcome, tcp::socket& socket,
                                   const HttpUrl& url, AddressPolicy policy) {
  outcome = co_await connect_tcp(
      socket, url, std::chrono::steady_clock::now() + std::chrono::seconds(60), policy);
}

// A connection to a port of 127.0.0.1, by some name.
class HttpTransport : public testing::Test {
 protected:
  Result<void> connect(const std::string& host, AddressPolicy policy) {
    HttpUrl url;
    url.host = host;
    url.port = acceptor.local_endpoint().port();
    std::optional<Result<void>> outcome;
    asio::co_spawn(context, connect_into(outcome, socket, url, policy), asio::detached);
    context.run();
    return outcome.value();
  }

  // Whether somebody has connected.
  bool has_connection() {
    acceptor.non_blocking(true);
    boost::system::error_code error;
    tcp::socket accepted(context);
    acceptor.accept(accepted, error);
    return !error;
  }

  asio::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  tcp::socket socket{context};
};

TEST_F(HttpTransport, ConnectsWhereThePolicyHasNothingAgainstIt) {
  EXPECT_TRUE(connect("localhost", nullptr));
  EXPECT_TRUE(has_connection());
}

TEST_F(HttpTransport, ConnectsToNoAddressThatThePolicyRefuses) {
  const auto connected = connect("localhost", refuse_all);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::kAccessRefused);
  EXPECT_THAT(connected.error().message, HasSubstr("nothing is wanted"));
  EXPECT_FALSE(has_connection());
}

// "localhost" is 127.0.0.1 and ::1, and nothing listens at the second.
TEST_F(HttpTransport, TriesTheAddressesThatAreLeft) {
  const auto connected = connect("localhost", refuse_v4);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::kUnreachable);
  EXPECT_FALSE(has_connection());
}

// What the resolver makes of a name is asked about, not the name: it takes "127.1" for 127.0.0.1.
TEST_F(HttpTransport, AsksThePolicyAboutWhatANameWasResolvedTo) {
  const auto connected = connect("127.1", refuse_v4);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::kAccessRefused);
  EXPECT_THAT(connected.error().message, HasSubstr("127.0.0.1 is not wanted"));
  EXPECT_FALSE(has_connection());
}

}  // namespace
}  // namespace bb::client
