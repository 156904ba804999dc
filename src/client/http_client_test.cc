#include "client/http_client.h"

#include <gmock/gmock.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

// Takes one connection, reads until the end of a request's head, answers, and closes.
asio::awaitable<void> answer_one(tcp::acceptor& acceptor, std::string answer, std::string& asked) {
  auto [refused, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
  if (refused) co_return;
  while (asked.find("\r\n\r\n") == std::string::npos) {
    std::string chunk(4096, '\0');
    const auto [error, size] =
        co_await socket.async_read_some(asio::buffer(chunk), asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    asked.append(chunk, 0, size);
  }
  co_await asio::async_write(socket, asio::buffer(answer), asio::as_tuple(asio::use_awaitable));
}

HttpRequest get_root() {
  HttpRequest request;
  request.target = "/";
  return request;
}

// A request to a server that answers with these bytes.
class HttpClient : public testing::Test {
 protected:
  Result<HttpResponse> exchange(std::string answer, HttpRequest request) {
    asio::io_context context{1};
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    HttpUrl url;
    url.host = "127.0.0.1";
    url.port = acceptor.local_endpoint().port();
    std::optional<Result<HttpResponse>> outcome;
    asio::co_spawn(context, answer_one(acceptor, std::move(answer), asked), asio::detached);
    asio::co_spawn(context,
                   send_http(url, std::move(request),
                             std::chrono::steady_clock::now() + std::chrono::seconds(60)),
                   [&outcome](const std::exception_ptr&, Result<HttpResponse> result) {
                     outcome = std::move(result);
                   });
    context.run();
    return *std::move(outcome);
  }

  std::string asked;
};

TEST_F(HttpClient, SendsARequestAndReadsTheAnswer) {
  const auto response = exchange(
      "HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nhello",
      {.method = "PUT", .target = "/api/x%2F", .authorization = "Basic QQ==", .body = "{}"});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 404u);
  EXPECT_EQ(response->body, "hello");
  EXPECT_THAT(asked, StartsWith("PUT /api/x%2F HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(asked, HasSubstr("Authorization: Basic QQ==\r\n"));
  EXPECT_THAT(asked, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(asked, HasSubstr("Content-Length: 2\r\n"));
}

TEST_F(HttpClient, ReadsChunksAndWhatEndsWithTheConnection) {
  const auto chunked = exchange(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
      get_root());
  ASSERT_TRUE(chunked) << chunked.error().message;
  EXPECT_EQ(chunked->body, "abcde");
  asked.clear();
  const auto endless = exchange("HTTP/1.0 200 OK\r\n\r\nabc", get_root());
  ASSERT_TRUE(endless) << endless.error().message;
  EXPECT_EQ(endless->body, "abc");
}

TEST_F(HttpClient, SaysWhatIsNoAnswer) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "closed without"},
      {"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", "complete answer"},
      {std::string("AMQP\x00\x00\x09\x01", 8), "does not speak HTTP"},
      {"HTTP/1.1 twohundred OK\r\n\r\n", "does not speak HTTP"},
      {"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", "larger than"},
  };
  for (const auto& [answer, said] : cases) {
    asked.clear();
    const auto response = exchange(answer, get_root());
    ASSERT_FALSE(response) << answer;
    EXPECT_THAT(response.error().message, HasSubstr(said));
  }
}

}  // namespace
}  // namespace bb::client
