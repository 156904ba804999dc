// Vocabulary of the client's integration tests: each test is a coroutine that gets a
// broker's URL, and runs once for each broker.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "amqp/url.h"
#include "client/channel.h"
#include "client/connection.h"

// g++ 12 takes Asio's frame allocator for a mismatch once a coroutine is inlined (GCC bug
// 109224). Not popped: the warning points at the coroutines that include this header.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace bb::client {

// gtest's ASSERT_ macros return, which a coroutine cannot.
#define CO_ASSERT(condition)     \
  if (!(condition)) {            \
    ADD_FAILURE() << #condition; \
    co_return;                   \
  }                              \
  static_assert(true)
// `result` is evaluated once: it may hold a co_await.
#define CO_ASSERT_OK(result)                                     \
  if (auto&& outcome = (result); !outcome) {                     \
    ADD_FAILURE() << #result << ": " << outcome.error().message; \
    co_return;                                                   \
  }                                                              \
  static_assert(true)
#define EXPECT_FAILS(result, expected_code)                                          \
  if (auto&& outcome = (result); outcome)                                            \
    ADD_FAILURE() << #result << " succeeded";                                        \
  else                                                                               \
    EXPECT_EQ(error_info(outcome.error().code).name, error_info(expected_code).name) \
        << outcome.error().message

class Client : public testing::TestWithParam<const char*> {
 protected:
  using Body = boost::asio::awaitable<void> (*)(amqp::Url);

  void run(Body body) {
    const bool is_bb = std::string_view(GetParam()) == "bb";
    const char* name = is_bb ? "BB_TEST_BB_URL_FILE" : "BB_TEST_RABBITMQ_URL_FILE";
    const char* path = std::getenv(name);
    ASSERT_NE(path, nullptr) << name << " is not set: which file holds the broker's URL?";
    std::string text;
    std::ifstream(path) >> text;
    const auto url = amqp::parse_url(text);
    ASSERT_TRUE(url) << path << ": " << url.error().message;

    boost::asio::io_context context(1);
    bool finished = false;
    boost::asio::co_spawn(context, body(*url), [&](const std::exception_ptr& thrown) {
      EXPECT_FALSE(thrown);
      finished = true;
    });
    context.run_for(std::chrono::minutes(2));
    EXPECT_TRUE(finished) << "hangs";
  }
};

// Unlike any name of another test, run or process.
inline std::string unique(std::string_view what) {
  static int counter = 0;
  return "client-test." + std::string(what) + "." + std::to_string(::getpid()) + "." +
         std::to_string(++counter);
}

inline ConnectOptions options_for(const amqp::Url& url) {
  ConnectOptions options;
  options.url = url;
  options.connection_name = "client-test";
  return options;
}

inline boost::asio::awaitable<Result<Connection>> connect(amqp::Url url) {
  return Connection::connect(options_for(url));
}

// Gives the event loop a moment. Only ever in loops that wait for a condition.
inline boost::asio::awaitable<void> pause() {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                  std::chrono::milliseconds(2));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

inline QueueOptions temporary() {
  QueueOptions options;
  options.durable = false;
  options.exclusive = true;
  return options;
}

// To a queue, by way of the default exchange.
inline OutgoingMessage message_to(std::string_view queue, std::string_view body) {
  OutgoingMessage message;
  message.routing_key = queue;
  message.body = body;
  return message;
}

// A connection, a channel with confirms, and a queue that goes with the connection.
struct Workbench {
  Connection connection;
  Channel channel;
  std::string queue;
};

inline boost::asio::awaitable<Result<Workbench>> set_up(amqp::Url url) {
  auto connection = co_await connect(std::move(url));
  if (!connection) co_return fail(connection.error());
  auto channel = co_await connection->open_channel();
  if (!channel) co_return fail(channel.error());
  if (auto on = channel->enable_confirms(); !on) co_return fail(on.error());
  auto queue = co_await channel->declare_queue("", temporary());
  if (!queue) co_return fail(queue.error());
  co_return Workbench{std::move(*connection), std::move(*channel), std::move(queue->name)};
}

// How many messages the queue has ready, as the broker counts them.
inline boost::asio::awaitable<std::uint32_t> ready_count(Channel& channel, std::string queue) {
  QueueOptions options;
  options.passive = true;
  const auto info = co_await channel.declare_queue(std::move(queue), std::move(options));
  if (!info) ADD_FAILURE() << info.error().message;
  co_return info ? info->message_count : 0;
}

}  // namespace bb::client

// A test body with `url` in scope, once for each broker.
#define BROKER_TEST(name)                                      \
  static boost::asio::awaitable<void> name(bb::amqp::Url url); \
  TEST_P(Client, name) {                                       \
    run(name);                                                 \
  }                                                            \
  static boost::asio::awaitable<void> name([[maybe_unused]] bb::amqp::Url url)
