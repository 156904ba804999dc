#include "webhook/sender.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <list>
#include <optional>

#include "webhook/connection.h"
#include "webhook/test_endpoint.h"
#include "webhook/test_sender.h"

namespace bb::webhook {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Kind = AttemptResult::Kind;
using Then = Answer::Then;
using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kNow{1'614'265'330s};
constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;
const std::string kFiller(std::size_t{64} << 10, 'x');

asio::awaitable<void> post_into(std::optional<AttemptResult>& result, WebhookSender& sender,
                                std::string_view id, std::string_view body) {
  result = co_await sender.post(id, kNow, body);
}

class Sender : public testing::Test {
 protected:
  // The endpoint gives these answers, one after the other, and the last again and again.
  void answers(std::vector<Answer> all) {
    endpoint = &endpoints.emplace_back(
        context, [all = std::move(all), next = std::size_t{0}](const ReceivedRequest&) mutable {
          return all[std::min(next++, all.size() - 1)];
        });
  }

  SenderOptions options() {
    return sender_options("http://127.0.0.1:" + std::to_string(endpoint->port()) + "/hook?k=1");
  }

  AttemptResult post(WebhookSender& sender, std::string_view body = "{}",
                     std::string_view id = "evt_1") {
    std::optional<AttemptResult> result;
    std::exception_ptr thrown;
    context.restart();
    asio::co_spawn(context, post_into(result, sender, id, body),
                   [this, &thrown](std::exception_ptr error) {
                     thrown = std::move(error);
                     context.stop();
                   });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return result.value();
  }

  // A post by a sender of its own.
  AttemptResult post(SenderOptions with) {
    auto sender = WebhookSender::make(std::move(with));
    if (!sender) return {Kind::kUnsendable, sender.error().message};
    return post(*sender);
  }
  AttemptResult post() { return post(options()); }

  asio::io_context context{1};
  std::list<TestEndpoint> endpoints;  // all of the test: their connections may go on
  TestEndpoint* endpoint = nullptr;   // the latest
};

TEST_F(Sender, PostsInTheFormOfStandardWebhooks) {
  answers({answer("200 OK")});
  auto sender = WebhookSender::make(options());
  ASSERT_TRUE(sender) << sender.error().message;
  const AttemptResult result = post(*sender, R"({"test": 2432232314})", "msg_1");
  EXPECT_EQ(result.kind, Kind::kAnswered) << result.problem;
  EXPECT_EQ(result.status, 200u);
  ASSERT_EQ(endpoint->requests.size(), 1u);
  const std::string& head = endpoint->requests[0].head;
  EXPECT_THAT(head, StartsWith("POST /hook?k=1 HTTP/1.1\r\nHost: 127.0.0.1:" +
                               std::to_string(endpoint->port()) + "\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nUser-Agent: bloodbank/" BB_VERSION "\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nwebhook-id: msg_1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nwebhook-timestamp: 1614265330\r\n"));
  const std::vector<WebhookSecret> secrets{test_secret()};
  const auto signature = sign(secrets, "msg_1", 1'614'265'330, R"({"test": 2432232314})");
  EXPECT_THAT(head, HasSubstr("\r\nwebhook-signature: " + signature.value() + "\r\n"));
  EXPECT_EQ(endpoint->requests[0].body, R"({"test": 2432232314})");
}

TEST_F(Sender, SendsLargeAndEmptyBodies) {
  answers({answer("200 OK")});
  auto sender = WebhookSender::make(options());
  ASSERT_TRUE(sender);
  const std::string large(std::size_t{5} << 20, 'x');
  EXPECT_EQ(post(*sender, large).status, 200u);
  EXPECT_EQ(post(*sender, "").status, 200u);
  ASSERT_EQ(endpoint->requests.size(), 2u);
  EXPECT_TRUE(endpoint->requests[0].body == large);
  EXPECT_THAT(endpoint->requests[1].head, HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(Sender, UsesAConnectionAgain) {
  answers({answer("200 OK"),
           answer("500 Oops"),
           {.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
           answer("204 No Content")});
  auto sender = WebhookSender::make(options());
  ASSERT_TRUE(sender);
  for (const unsigned status : {200u, 500u, 200u, 204u}) {
    EXPECT_EQ(post(*sender).status, status);
  }
  EXPECT_EQ(endpoint->requests.size(), 4u);
  EXPECT_EQ(endpoint->connections, 1u);
}

TEST_F(Sender, KeepsNoMoreConnectionsThanItMay) {
  answers({answer("200 OK")});
  SenderOptions none = options();
  none.idle_connections_max = 0;
  auto sender = WebhookSender::make(std::move(none));
  ASSERT_TRUE(sender);
  post(*sender);
  post(*sender);
  EXPECT_EQ(endpoint->connections, 2u);
}

TEST_F(Sender, DoesNotKeepAConnectionThatIsDoneWith) {
  for (const char* bytes : {
           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
           "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
       }) {
    answers({{.bytes = bytes}});
    auto sender = WebhookSender::make(options());
    ASSERT_TRUE(sender);
    EXPECT_EQ(post(*sender).kind, Kind::kAnswered) << bytes;
    EXPECT_EQ(post(*sender).kind, Kind::kAnswered) << bytes;
    EXPECT_EQ(endpoint->connections, 2u) << bytes;
  }
}

TEST_F(Sender, PostsAgainWhereAKeptConnectionWasClosed) {
  // Closed at once, and only when the next request is there.
  for (const Then then : {Then::kClose, Then::kKeepOpen}) {
    answers({{.bytes = answer("200 OK").bytes, .then = then},
             then == Then::kClose ? answer("201 Created") : Answer{.then = Then::kClose},
             answer("201 Created")});
    auto sender = WebhookSender::make(options());
    ASSERT_TRUE(sender);
    EXPECT_EQ(post(*sender).status, 200u);
    const AttemptResult second = post(*sender);
    EXPECT_EQ(second.status, 201u) << second.problem;
    EXPECT_EQ(endpoint->connections, 2u);
  }
}

TEST_F(Sender, DoesNotPostAgainWhereAnAnswerHasBegun) {
  answers({answer("200 OK"), {.bytes = "HTTP/1.1 2", .then = Then::kClose}, answer("200 OK")});
  auto sender = WebhookSender::make(options());
  ASSERT_TRUE(sender);
  EXPECT_EQ(post(*sender).status, 200u);
  EXPECT_EQ(post(*sender).kind, Kind::kUnreachable);
  EXPECT_EQ(endpoint->requests.size(), 2u);
}

TEST_F(Sender, DoesNotPostAgainOverANewConnection) {
  answers({{.then = Then::kClose}});
  const AttemptResult result = post();
  EXPECT_EQ(result.kind, Kind::kUnreachable);
  EXPECT_THAT(result.problem, HasSubstr("closed without"));
  EXPECT_EQ(endpoint->requests.size(), 1u);
}

TEST_F(Sender, FollowsNoRedirect) {
  answers({answer("307 Temporary Redirect", "Location: /elsewhere\r\n"), answer("200 OK")});
  EXPECT_EQ(post().status, 307u);
  EXPECT_EQ(endpoint->requests.size(), 1u);
}

TEST_F(Sender, PassesStatusAndRetryAfterOn) {
  answers({answer("410 Gone"), answer("429 Too Many Requests", "retry-after: 120\r\n"),
           answer("503 Slow Down", "Retry-After:  Sun, 06 Nov 1994 08:49:37 GMT \r\n")});
  auto sender = WebhookSender::make(options());
  ASSERT_TRUE(sender);
  EXPECT_EQ(post(*sender).status, 410u);
  EXPECT_EQ(post(*sender).retry_after, "120");
  EXPECT_EQ(post(*sender).retry_after, "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_F(Sender, InterimAnswersAreNotTheAnswer) {
  answers({{.bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                     answer("202 Accepted").bytes}});
  auto sender = WebhookSender::make(options());
  ASSERT_TRUE(sender);
  EXPECT_EQ(post(*sender).status, 202u);
  EXPECT_EQ(post(*sender).status, 202u);
  EXPECT_EQ(endpoint->connections, 1u);
}

TEST_F(Sender, InterimAnswersAreBounded) {
  answers({{.filler = "HTTP/1.1 100 Continue\r\n\r\n", .filler_bytes = kGibibyte}});
  const AttemptResult result = post();
  EXPECT_EQ(result.kind, Kind::kUnreachable);
  EXPECT_THAT(result.problem, HasSubstr("1xx"));
}

TEST_F(Sender, TimesOutOnWhoNeverAnswers) {
  for (const Answer& silent :
       {Answer{.then = Then::kHang}, Answer{.bytes = "HTTP/1.1 200", .then = Then::kHang},
        Answer{.bytes = "HTTP/1.1 200 OK\r\nX: ", .then = Then::kDrip, .filler = "y"}}) {
    answers({silent});
    SenderOptions hasty = options();
    hasty.timeout = 50ms;
    const AttemptResult result = post(std::move(hasty));
    EXPECT_EQ(result.kind, Kind::kTimedOut) << result.problem;
    EXPECT_THAT(result.problem, HasSubstr("in time"));
  }
}

TEST_F(Sender, TheHeaderDecidesHoweverSlowTheBody) {
  answers({{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n",
            .then = Then::kDrip,
            .filler = "y"},
           answer("201 Created")});
  auto sender = WebhookSender::make(options());
  ASSERT_TRUE(sender);
  EXPECT_EQ(post(*sender).status, 200u);
  EXPECT_EQ(post(*sender).status, 201u);
  EXPECT_EQ(endpoint->connections, 2u);
}

TEST_F(Sender, ReadsLittleOfAHugeBody) {
  for (const char* head : {
           "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
           "HTTP/1.1 200 OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n",
       }) {
    answers({{.bytes = head, .filler = kFiller, .filler_bytes = kGibibyte}, answer("201 Created")});
    auto sender = WebhookSender::make(options());
    ASSERT_TRUE(sender);
    EXPECT_EQ(post(*sender).status, 200u) << head;
    EXPECT_EQ(post(*sender).status, 201u) << head;
    EXPECT_EQ(endpoint->connections, 2u);
    // What sockets buffer comes on top of what was read.
    EXPECT_LT(endpoint->sent_bytes, kGibibyte / 8) << head;
  }
}

TEST_F(Sender, ReadsLittleOfAHugeHeader) {
  answers({{.bytes = "HTTP/1.1 200 OK\r\nX: ", .filler = kFiller, .filler_bytes = kGibibyte}});
  const AttemptResult result = post();
  EXPECT_EQ(result.kind, Kind::kUnreachable);
  EXPECT_THAT(result.problem, HasSubstr("larger than 16 KiB"));
  EXPECT_LT(endpoint->sent_bytes, kGibibyte / 8);
}

TEST_F(Sender, SaysWhatIsNoHttp) {
  answers({{.bytes = "SSH-2.0-OpenSSH_9.2\r\n", .then = Then::kClose}});
  const AttemptResult result = post();
  EXPECT_EQ(result.kind, Kind::kUnreachable);
  EXPECT_THAT(result.problem, HasSubstr("does not speak HTTP"));
}

TEST_F(Sender, MessagesNameTheEndpointWithoutPathAndQuery) {
  answers({{.then = Then::kClose}});
  SenderOptions keyed = options();
  keyed.url.target = "/secret?secret";
  const AttemptResult result = post(std::move(keyed));
  EXPECT_THAT(result.problem,
              StartsWith("http://127.0.0.1:" + std::to_string(endpoint->port()) + ": "));
  EXPECT_THAT(result.problem, Not(HasSubstr("secret")));
}

TEST_F(Sender, CannotReachWhereNobodyListens) {
  // Bound, so that nothing else takes the port.
  asio::ip::tcp::acceptor bound(context, asio::ip::tcp::v4());
  bound.bind({asio::ip::address_v4::loopback(), 0});
  const AttemptResult result =
      post(sender_options("http://127.0.0.1:" + std::to_string(bound.local_endpoint().port())));
  EXPECT_EQ(result.kind, Kind::kUnreachable);
  EXPECT_THAT(result.problem, HasSubstr("refused"));
}

TEST_F(Sender, SendsNothingUnderAnIdThatCannotBeSigned) {
  answers({answer("200 OK")});
  auto sender = WebhookSender::make(options());
  ASSERT_TRUE(sender);
  EXPECT_EQ(post(*sender, "{}", "evt.1").kind, Kind::kUnsendable);
  EXPECT_EQ(endpoint->connections, 0u);
}

TEST_F(Sender, RefusesPrivateAddressesInTheUrl) {
  for (const char* url : {"http://127.0.0.1/", "https://localhost/", "http://[::1]:8080/",
                          "http://10.0.0.1/", "http://[::ffff:169.254.169.254]/"}) {
    SenderOptions guarded = sender_options(url);
    guarded.allow_private = false;
    const auto sender = WebhookSender::make(std::move(guarded));
    ASSERT_FALSE(sender) << url;
    EXPECT_EQ(sender.error().code, ErrorCode::kAccessRefused);
    EXPECT_THAT(sender.error().message, HasSubstr("not a public address"));
  }
}

// A name that only turns out to be private when it is looked up: the resolver takes "127.1" for
// 127.0.0.1, with no network.
TEST_F(Sender, RefusesPrivateAddressesBehindAName) {
  answers({answer("200 OK")});
  const std::string url = "http://127.1:" + std::to_string(endpoint->port());
  EXPECT_EQ(post(sender_options(url)).status, 200u);
  ASSERT_EQ(endpoint->connections, 1u);
  SenderOptions guarded = sender_options(url);
  guarded.allow_private = false;
  auto sender = WebhookSender::make(std::move(guarded));
  ASSERT_TRUE(sender) << sender.error().message;
  const AttemptResult result = post(*sender);
  EXPECT_EQ(result.kind, Kind::kAddressRefused);
  EXPECT_THAT(result.problem, HasSubstr("loopback"));
  EXPECT_EQ(endpoint->connections, 1u);
}

TEST_F(Sender, NeedsASecret) {
  SenderOptions unsigned_options = sender_options("http://127.0.0.1");
  unsigned_options.secrets.clear();
  const auto sender = WebhookSender::make(std::move(unsigned_options));
  ASSERT_FALSE(sender);
  EXPECT_EQ(sender.error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace bb::webhook
