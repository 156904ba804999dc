// Sockets, timers and lifetimes. What is said on the wire is tested in protocol_test.cc
// and channel_protocol_test.cc; everything against real brokers in tests/integration/.
#include "client/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <optional>

#include "client/channel.h"
#include "client/fake_broker.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;
using Broker = std::shared_ptr<FakeBroker>;
using Manner = FakeBroker::Manner;

template <class T>
awaitable<void> store(awaitable<T> coroutine, std::shared_ptr<std::optional<T>> value) {
  value->emplace(co_await std::move(coroutine));
}

class ConnectionTest : public testing::Test {
 protected:
  // Runs until `done` holds; it fails the test rather than hang.
  void run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    context.restart();
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      context.run_one_for(milliseconds(100));
      context.restart();
    }
    ASSERT_TRUE(done()) << "hangs";
  }

  // Starts it, and lets it get as far as it can without an answer.
  template <class T>
  std::shared_ptr<std::optional<T>> start(awaitable<T> coroutine) {
    auto value = std::make_shared<std::optional<T>>();
    asio::co_spawn(context, store(std::move(coroutine), value),
                   [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    context.poll();
    context.restart();
    return value;
  }

  template <class T>
  T run(awaitable<T> coroutine) {
    const auto value = start(std::move(coroutine));
    run_until([&] { return value->has_value(); });
    return *std::move(*value);
  }

  Connection connected(const Broker& broker) {
    auto connection = run(Connection::connect(broker->options()));
    if (!connection) throw std::runtime_error(connection.error().message);
    return *std::move(connection);
  }
  Channel channel_of(Connection& connection) {
    auto channel = run(connection.open_channel());
    if (!channel) throw std::runtime_error(channel.error().message);
    return *std::move(channel);
  }

  Error refusal(ConnectOptions options) {
    auto connection = run(Connection::connect(std::move(options)));
    if (connection) {
      ADD_FAILURE() << "connected";
      return {ErrorCode::kFailure, {}};
    }
    return connection.error();
  }

  asio::io_context context{1};
};

TEST_F(ConnectionTest, ConnectsAndSaysGoodbye) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  EXPECT_TRUE(connection.is_open());
  EXPECT_FALSE(connection.is_blocked());
  bool closed = false;
  asio::co_spawn(context, connection.close(), [&](const std::exception_ptr&) { closed = true; });
  run_until([&] { return closed; });
  EXPECT_FALSE(connection.is_open());
  EXPECT_EQ(connection.failure().message, "");
  EXPECT_THAT(broker->received, Contains("connection.close"));
}

TEST_F(ConnectionTest, NobodyListens) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  const auto options = broker->options("localhost");
  broker->hangs_up();
  const Error error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
  EXPECT_THAT(error.message,
              HasSubstr("localhost:" + std::to_string(options.url.port) + ": Connection refused"));
}

TEST_F(ConnectionTest, LocalhostIsFoundOnEitherLoopback) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    SCOPED_TRACE(address);
    Broker broker;
    try {
      broker = FakeBroker::listen(context, Manner::kAmqp, address);
    } catch (const boost::system::system_error&) {
      // A machine without IPv6 has one loopback, and that was the first.
      ASSERT_STREQ(address, "::1");
      break;
    }
    EXPECT_TRUE(run(Connection::connect(broker->options("localhost"))));
  }
}

TEST_F(ConnectionTest, AWebServerIsNoBroker) {
  const Broker broker = FakeBroker::listen(context, Manner::kHttp);
  const Error error = refusal(broker->options());
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("HTTP/1.1 400 Bad Request"));
}

TEST_F(ConnectionTest, ASilentPeerIsGivenUp) {
  const Broker broker = FakeBroker::listen(context, Manner::kSilent);
  auto options = broker->options();
  options.timeout = milliseconds(20);
  const Error error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("did not complete the AMQP handshake"));

  options.timeout = std::chrono::hours(1);
  options.url.connection_timeout = milliseconds(20);
  EXPECT_EQ(refusal(options).code, ErrorCode::kUnreachable);
}

TEST_F(ConnectionTest, ARefusedLogInIsTold) {
  const Broker broker = FakeBroker::listen(context, Manner::kRefusesLogin);
  EXPECT_EQ(refusal(broker->options()).code, ErrorCode::kAccessRefused);
}

TEST_F(ConnectionTest, AVirtualHostThatAmqpCannotCarryIsRefused) {
  ConnectOptions options;
  options.url.vhost = std::string(256, 'x');
  EXPECT_EQ(refusal(options).code, ErrorCode::kInvalidUrl);
}

TEST_F(ConnectionTest, ABrokerThatVanishesFailsWhatWaitsAndTellsOnce) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  Channel channel = channel_of(connection);
  ASSERT_TRUE(channel.enable_confirms());
  const auto purge = start(channel.purge_queue("q"));
  const auto publish = start(channel.publish_and_wait({.routing_key = "k", .body = "x"}));
  const auto wait = start(channel.wait_unconfirmed_at_most(0));
  int connection_told = 0;
  int channel_told = 0;
  connection.on_closed([&](const Error&) { ++connection_told; });
  channel.on_closed([&](const Error&) { ++channel_told; });
  broker->hangs_up();
  run_until([&] { return *purge && *publish && *wait && connection_told == 1; });
  EXPECT_EQ((*purge)->error().code, ErrorCode::kClosed);
  EXPECT_EQ((*publish)->error().code, ErrorCode::kClosed);
  EXPECT_EQ((*wait)->error().code, ErrorCode::kClosed);
  EXPECT_EQ(channel_told, 1);
  EXPECT_THAT(connection.failure().message, HasSubstr("broke off"));
  EXPECT_EQ(channel.failure(), connection.failure());
  EXPECT_EQ(run(connection.open_channel()).error(), connection.failure());

  // Whoever asks later is told as well, though never from within the call.
  int told_late = 0;
  connection.on_closed([&](const Error&) { ++told_late; });
  channel.on_closed([&](const Error&) { ++told_late; });
  EXPECT_EQ(told_late, 0);
  run_until([&] { return told_late == 2; });
  EXPECT_EQ(connection_told, 1);
  EXPECT_EQ(channel_told, 1);
}

TEST_F(ConnectionTest, ABrokerThatClosesIsAnswered) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  std::optional<Error> told;
  connection.on_closed([&](const Error& error) { told = error; });
  broker->sends(0, amqp::connection::Close{.reply_code = 320, .reply_text = "CONNECTION_FORCED"});
  run_until([&] { return told.has_value(); });
  EXPECT_EQ(told->code, ErrorCode::kConnectionForced);
  run_until([&] { return broker->received.back() == "connection.close-ok"; });
}

TEST_F(ConnectionTest, ClosingDoesNotWaitForeverForTheAnswer) {
  const Broker broker = FakeBroker::listen(context, Manner::kIgnoresGoodbye);
  Connection connection = connected(broker);
  Channel channel = channel_of(connection);
  const auto purge = start(channel.purge_queue("q"));
  bool told = false;
  connection.on_closed([&](const Error&) { told = true; });
  bool closed = false;
  asio::co_spawn(context, connection.close(), [&](const std::exception_ptr&) { closed = true; });
  run_until([&] { return closed && *purge; });
  EXPECT_EQ((*purge)->error().code, ErrorCode::kClosed);
  EXPECT_EQ(connection.failure().message, "");
  EXPECT_FALSE(told);
}

// A one-shot program ends when its context has nothing left to do.
TEST_F(ConnectionTest, NothingKeepsTheContextBusyAfterGoodbye) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  asio::io_context own(1);
  bool closed = false;
  const auto work = [](ConnectOptions options, bool& done) -> awaitable<void> {
    auto connection = co_await Connection::connect(std::move(options));
    if (!connection) co_return;
    co_await connection->close();
    done = true;
  };
  asio::co_spawn(own, work(broker->options(), closed), asio::detached);
  run_until([&] {
    own.poll();
    own.restart();
    return closed;
  });
  own.poll();
  EXPECT_TRUE(own.stopped());
}

TEST_F(ConnectionTest, BlockingIsSurfaced) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  std::vector<std::string> changes;
  connection.on_blocked([&](bool blocked, const std::string& reason) {
    changes.push_back(blocked ? reason : "over");
  });
  broker->sends(0, amqp::connection::Blocked{.reason = "low on disk"});
  run_until([&] { return connection.is_blocked(); });
  EXPECT_EQ(connection.blocked_reason(), "low on disk");
  broker->sends(0, amqp::connection::Unblocked{});
  run_until([&] { return !connection.is_blocked(); });
  EXPECT_EQ(connection.blocked_reason(), "");
  EXPECT_THAT(changes, testing::ElementsAre("low on disk", "over"));
}

TEST_F(ConnectionTest, APublisherIsHeldUpWhileTheBrokerDoesNotRead) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  Channel channel = channel_of(connection);
  broker->reads = false;
  const std::string body(32 << 20, 'x');  // more than the system holds for both sides
  ASSERT_TRUE(channel.publish({.routing_key = "k", .body = body}));
  const auto writable = start(channel.writable());
  EXPECT_FALSE(writable->has_value());
  broker->reads = true;
  run_until([&] { return writable->has_value(); });
  EXPECT_TRUE(**writable);
}

TEST_F(ConnectionTest, AFlowOfTheBrokerHoldsUpPublishers) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  Channel channel = channel_of(connection);
  broker->sends(1, amqp::channel::Flow{.active = false});
  run_until([&] { return broker->received.back() == "channel.flow-ok"; });
  const auto writable = start(channel.writable());
  EXPECT_FALSE(writable->has_value());
  broker->sends(1, amqp::channel::Flow{.active = true});
  run_until([&] { return writable->has_value(); });
  EXPECT_TRUE(**writable);
}

TEST_F(ConnectionTest, PublishingAndWaitingNeedsConfirms) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  Channel channel = channel_of(connection);
  EXPECT_EQ(run(channel.publish_and_wait({.routing_key = "k"})).error().code, ErrorCode::kUsage);
}

TEST_F(ConnectionTest, NamesAboveTheLimitOfAmqpAreRefused) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  Channel channel = channel_of(connection);
  const std::string name(256, 'x');
  EXPECT_EQ(run(channel.declare_queue(name, {})).error().code, ErrorCode::kUsage);
  EXPECT_EQ(run(channel.declare_exchange(name, {})).error().code, ErrorCode::kUsage);
  EXPECT_EQ(run(channel.bind_queue("q", "e", name)).error().code, ErrorCode::kUsage);
  EXPECT_EQ(run(channel.consume(name, {}, [](Delivery) {})).error().code, ErrorCode::kUsage);
  EXPECT_EQ(run(channel.cancel(name)).error().code, ErrorCode::kUsage);
  EXPECT_TRUE(channel.is_open());
}

TEST_F(ConnectionTest, DestroyingAConnectionFailsWhatWaits) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  std::optional<Connection> connection(connected(broker));
  std::optional<Channel> channel(channel_of(*connection));
  ASSERT_TRUE(channel->enable_confirms());
  bool told = false;
  connection->on_closed([&](const Error&) { told = true; });
  channel->on_closed([&](const Error&) { told = true; });
  const auto purge = start(channel->purge_queue("q"));
  const auto publish = start(channel->publish_and_wait({.routing_key = "k"}));
  connection.reset();
  EXPECT_FALSE(purge->has_value()) << "resumed from within the destructor";
  run_until([&] { return *purge && *publish; });
  EXPECT_EQ((*purge)->error().code, ErrorCode::kClosed);
  EXPECT_EQ((*publish)->error().code, ErrorCode::kClosed);
  EXPECT_FALSE(channel->is_open());
  EXPECT_EQ(channel->publish({.routing_key = "k"}).error().code, ErrorCode::kClosed);
  EXPECT_FALSE(told);
}

TEST_F(ConnectionTest, DestroyingAChannelFailsWhatWaitsAndClosesIt) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  std::optional<Channel> channel(channel_of(connection));
  const auto purge = start(channel->purge_queue("q"));
  channel.reset();
  run_until([&] { return purge->has_value(); });
  EXPECT_EQ((*purge)->error().code, ErrorCode::kClosed);
  run_until([&] { return broker->received.back() == "channel.close"; });
  EXPECT_TRUE(connection.is_open());
}

TEST_F(ConnectionTest, AMovedChannelGoesOnWaiting) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  Channel first = channel_of(connection);
  const auto purge = start(first.purge_queue("q"));
  Channel second = std::move(first);
  broker->sends(1, amqp::queue::PurgeOk{.message_count = 3});
  run_until([&] { return purge->has_value(); });
  EXPECT_EQ(**purge, 3u);
}

TEST_F(ConnectionTest, AConsumerMayBeReplacedFromItsOwnHandler) {
  const Broker broker = FakeBroker::listen(context, Manner::kAmqp);
  Connection connection = connected(broker);
  std::optional<Channel> channel(channel_of(connection));
  int cancelled = 0;
  const auto consume = start(channel->consume(
      "q", {}, [](Delivery) {},
      [&] {
        ++cancelled;
        channel.reset();
      }));
  broker->sends(1, amqp::basic::ConsumeOk{.consumer_tag = "c"});
  broker->sends(1, amqp::basic::Cancel{.consumer_tag = "c", .no_wait = true});
  run_until([&] { return cancelled == 1; });
  EXPECT_THAT(**consume, "c");
}

// Nothing is awaited to its end: with the sanitizers this shows leaks and late access.
TEST_F(ConnectionTest, EverythingMayGoWithTheContext) {
  for (const Manner manner : {Manner::kSilent, Manner::kAmqp}) {
    auto own = std::make_unique<asio::io_context>(1);
    const auto work = [](asio::io_context& on, Manner how) -> awaitable<void> {
      const Broker broker = FakeBroker::listen(on, how);
      auto connection = co_await Connection::connect(broker->options());
      if (!connection) co_return;
      auto channel = co_await connection->open_channel();
      if (!channel) co_return;
      static_cast<void>(channel->enable_confirms());
      static_cast<void>(channel->publish({.routing_key = "k", .body = "x"}));
      co_await channel->purge_queue("q");
    };
    asio::co_spawn(*own, work(*own, manner), asio::detached);
    own->run_for(milliseconds(20));
    own.reset();
  }
}

TEST_F(ConnectionTest, ConnectingMayBeGivenUp) {
  const Broker broker = FakeBroker::listen(context, Manner::kSilent);
  auto own = std::make_unique<asio::io_context>(1);
  const auto result = std::make_shared<std::optional<Result<Connection>>>();
  asio::co_spawn(*own, store(Connection::connect(broker->options()), result), asio::detached);
  own->run_for(milliseconds(10));
  own.reset();
  EXPECT_FALSE(result->has_value());
}

}  // namespace
}  // namespace bb::client
