#include "redis/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "redis/test_redis.h"

namespace bb::redis {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::Not;

class RedisClient : public testing::Test {
 protected:
  template <class T>
  T run(asio::awaitable<T> work) {
    std::optional<T> result;
    asio::co_spawn(context_, std::move(work), [&](std::exception_ptr thrown, T value) {
      ASSERT_EQ(thrown, nullptr);
      result = std::move(value);
    });
    context_.restart();
    while (!result && context_.run_one() > 0) {
    }
    return std::move(*result);
  }

  static ClientOptions options(const TestRedis& server) {
    ClientOptions made;
    made.port = server.port();
    made.retry_pause = std::chrono::milliseconds(0);
    return made;
  }

  asio::io_context context_;
};

TEST_F(RedisClient, RunsCommands) {
  const TestRedis server;
  Client client(context_.get_executor(), options(server));
  ASSERT_TRUE(run(client.command({"SET", "key", "value"})));
  const auto value = run(client.command({"GET", "key"}));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->text, "value");
}

TEST_F(RedisClient, AnErrorReplyIsAnError) {
  const TestRedis server;
  Client client(context_.get_executor(), options(server));
  ASSERT_TRUE(run(client.command({"SET", "key", "value"})));
  const auto pushed = run(client.command({"LPUSH", "key", "x"}));
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code, ErrorCode::kFailure);
  EXPECT_THAT(pushed.error().message, HasSubstr("WRONGTYPE"));
}

TEST_F(RedisClient, APipelineAnswersInOrderAndKeepsErrorsApart) {
  const TestRedis server;
  Client client(context_.get_executor(), options(server));
  std::vector<Command> commands;
  for (int i = 0; i < 10'000; ++i) commands.push_back({"INCR", "n"});
  commands.push_back({"LPUSH", "n", "x"});
  commands.push_back({"GET", "n"});
  const auto replies = run(client.pipeline(std::move(commands)));
  ASSERT_TRUE(replies);
  ASSERT_EQ(replies->size(), 10'002u);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ((*replies)[i].integer, i + 1);
  EXPECT_TRUE((*replies)[10'000].is_error());
  EXPECT_EQ((*replies)[10'001].text, "10000");
}

TEST_F(RedisClient, ManyCoroutinesShareOneConnection) {
  const TestRedis server;
  Client client(context_.get_executor(), options(server));
  int done = 0;
  for (int i = 0; i < 100; ++i) {
    asio::co_spawn(context_, client.command({"ECHO", std::to_string(i)}),
                   [&done, i](std::exception_ptr, const Result<Reply>& reply) {
                     ASSERT_TRUE(reply);
                     EXPECT_EQ(reply->text, std::to_string(i));
                     ++done;
                   });
  }
  while (done < 100 && context_.run_one() > 0) {
  }
  const auto clients = run(client.command({"CLIENT", "LIST"}));
  ASSERT_TRUE(clients);
  EXPECT_EQ(std::count(clients->text.begin(), clients->text.end(), '\n'), 1);
}

TEST_F(RedisClient, ATransactionIsAllOrNothing) {
  const TestRedis server;
  Client client(context_.get_executor(), options(server));
  const auto both = run(client.transaction({{"SET", "a", "1"}, {"SADD", "s", "x", "y"}}));
  ASSERT_TRUE(both) << both.error().message;
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[1].integer, 2);
  const auto none = run(client.transaction({{"SET", "a", "2"}, {"NOSUCHCOMMAND"}}));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("NOSUCHCOMMAND"));
  EXPECT_EQ(run(client.command({"GET", "a"}))->text, "1");
}

TEST_F(RedisClient, LogsInAndSelectsItsDatabase) {
  const TestRedis server("s3cret");
  ClientOptions good = options(server);
  good.password = "s3cret";
  good.database = 3;
  Client client(context_.get_executor(), good);
  ASSERT_TRUE(run(client.command({"SET", "k", "v"})));
  good.database = 0;
  Client other(context_.get_executor(), good);
  EXPECT_TRUE(run(other.command({"GET", "k"}))->is_nil());
}

TEST_F(RedisClient, AWrongPasswordIsARefusalThatDoesNotTellIt) {
  const TestRedis server("s3cret");
  ClientOptions wrong = options(server);
  wrong.password = "guess";
  Client client(context_.get_executor(), wrong);
  const auto reply = run(client.command({"PING"}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kAccessRefused);
  EXPECT_THAT(reply.error().message, Not(HasSubstr("guess")));

  Client without(context_.get_executor(), options(server));
  const auto none = run(without.command({"PING"}));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kAccessRefused);
}

TEST_F(RedisClient, NobodyThereIsUnreachable) {
  TestRedis server;
  server.stop();
  Client client(context_.get_executor(), options(server));
  const auto reply = run(client.command({"PING"}));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kUnreachable);
  EXPECT_THAT(reply.error().message, HasSubstr(std::to_string(server.port())));
}

TEST_F(RedisClient, AfterAFailureCallsFailAtOnceForAWhile) {
  TestRedis server;
  server.stop();
  ClientOptions patient = options(server);
  patient.retry_pause = std::chrono::hours(1);
  Client client(context_.get_executor(), patient);
  ASSERT_FALSE(run(client.command({"PING"})));
  server.start();
  const auto again = run(client.command({"PING"}));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kUnreachable);
}

TEST_F(RedisClient, ConnectsAgainAfterTheServerWasKilled) {
  TestRedis server;
  Client client(context_.get_executor(), options(server));
  ASSERT_TRUE(run(client.command({"PING"})));
  server.stop();
  // The first may go out on the connection that is gone, and then nobody knows of it.
  EXPECT_FALSE(run(client.command({"PING"})));
  server.start();
  Result<Reply> reply;
  for (int attempt = 0; attempt < 3 && !reply.has_value(); ++attempt) {
    reply = run(client.command({"PING"}));
  }
  Result<Reply> last = run(client.command({"PING"}));
  ASSERT_TRUE(last) << last.error().message;
}

TEST_F(RedisClient, AServerThatDoesNotAnswerIsGivenUp) {
  const TestRedis server;
  ClientOptions quick = options(server);
  quick.timeout = std::chrono::milliseconds(200);
  Client up(context_.get_executor(), quick);
  ASSERT_TRUE(run(up.command({"PING"})));
  server.freeze();
  const auto reply = run(up.command({"PING"}));
  Client fresh(context_.get_executor(), quick);
  const auto first = run(fresh.command({"PING"}));
  server.thaw();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::kTimeout);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(run(up.command({"PING"})));
}

TEST_F(RedisClient, WhatIsPendingIsBounded) {
  const TestRedis server;
  ClientOptions small = options(server);
  small.pending_bytes_max = 1000;
  Client client(context_.get_executor(), small);
  const auto big = run(client.command({"SET", "k", std::string(2000, 'x')}));
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, ErrorCode::kResourceError);
  EXPECT_TRUE(run(client.command({"SET", "k", "x"})));
}

TEST_F(RedisClient, AClosedClientFailsWhatWaits) {
  const TestRedis server;
  auto client = std::make_unique<Client>(context_.get_executor(), options(server));
  ASSERT_TRUE(run(client->command({"PING"})));
  server.freeze();
  std::optional<Result<Reply>> waiting;
  asio::co_spawn(context_, client->command({"PING"}),
                 [&](std::exception_ptr, Result<Reply> reply) { waiting = std::move(reply); });
  context_.restart();
  context_.poll();
  EXPECT_FALSE(waiting);
  client.reset();
  context_.restart();
  context_.poll();
  server.thaw();
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->error().code, ErrorCode::kClosed);
}

TEST_F(RedisClient, AnotherServersProtocolIsNamed) {
  asio::ip::tcp::acceptor acceptor(context_, {asio::ip::address_v4::loopback(), 0});
  asio::ip::tcp::socket peer(context_);
  const std::string words = "HTTP/1.1 400 Bad Request\r\n\r\n";
  acceptor.async_accept(peer, [&](const boost::system::error_code&) {
    boost::system::error_code ignored;
    asio::write(peer, asio::buffer(words), ignored);
  });
  ClientOptions there;
  there.port = acceptor.local_endpoint().port();
  Client client(context_.get_executor(), there);
  const auto reply = run(client.command({"PING"}));
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().message, HasSubstr("no Redis"));
}

}  // namespace
}  // namespace bb::redis
