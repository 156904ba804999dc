// Which of several brokers is connected to.
#include "client/connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <optional>

#include "client/fake_broker.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using testing::HasSubstr;
using Manner = FakeBroker::Manner;

asio::awaitable<void> connect_into(std::optional<Result<Connection>>& outcome,
                                   const ConnectorOptions& options) {
  outcome.emplace(co_await connect_to_any(options));
}

class ConnectToAny : public testing::Test {
 protected:
  amqp::Url dead() {
    const auto broker = FakeBroker::listen(loop, Manner::kAmqp);
    const amqp::Url url = broker->options().url;
    broker->hangs_up();
    return url;
  }

  Result<Connection> connect(std::vector<amqp::Url> urls) {
    ConnectorOptions options;
    options.urls = std::move(urls);
    options.connect.timeout = milliseconds(200);
    std::optional<Result<Connection>> outcome;
    asio::co_spawn(loop, connect_into(outcome, options), asio::detached);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!outcome && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_one_for(milliseconds(100));
    }
    if (!outcome) throw std::runtime_error("hangs");
    return *std::move(outcome);
  }

  asio::io_context loop{1};
};

TEST_F(ConnectToAny, TakesTheFirstThatAnswers) {
  const auto first = FakeBroker::listen(loop, Manner::kAmqp);
  const auto second = FakeBroker::listen(loop, Manner::kAmqp);
  EXPECT_TRUE(connect({first->options().url, second->options().url}));
  EXPECT_FALSE(first->received.empty());
  EXPECT_TRUE(second->received.empty()) << "nobody asks it";
}

TEST_F(ConnectToAny, PassesOverTheDeadAndTheSilent) {
  const auto silent = FakeBroker::listen(loop, Manner::kSilent);
  const auto last = FakeBroker::listen(loop, Manner::kAmqp);
  EXPECT_TRUE(connect({dead(), silent->options().url, last->options().url}));
  EXPECT_FALSE(last->received.empty());
}

TEST_F(ConnectToAny, TellsWhatWasWrongWithEach) {
  const auto refusing = FakeBroker::listen(loop, Manner::kRefusesLogin);
  const auto connection = connect({dead(), refusing->options().url});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().code, ErrorCode::kUnreachable);
  EXPECT_THAT(connection.error().message, HasSubstr("Connection refused"));
  EXPECT_THAT(connection.error().message, HasSubstr("; the broker at 127.0.0.1:"));
}

TEST(RoundTime, IsThatOfAllUrls) {
  ConnectorOptions options;
  options.connect.timeout = milliseconds(300);
  options.urls.resize(2);
  options.urls[1].connection_timeout = milliseconds(50);
  EXPECT_EQ(round_time_max(options), milliseconds(350));
}

TEST(BrokerUrls, AreThoseOfAllTexts) {
  const auto urls = broker_urls({"amqp://a,amqp://b", "amqp://c"});
  ASSERT_TRUE(urls);
  ASSERT_EQ(urls->size(), 3u);
  EXPECT_EQ(urls->back().host, "c");
  EXPECT_EQ(broker_urls({}).error().code, ErrorCode::kUsage);
  const auto missing = broker_urls({"amqps://a?cacertfile=/no/such.pem"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kInvalidUrl);
  EXPECT_THAT(missing.error().message, HasSubstr("/no/such.pem"));
}

}  // namespace
}  // namespace bb::client
