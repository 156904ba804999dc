// A Deduplicator in Redis, for the consumers of one service on any number of machines.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "client/deduplicator.h"
#include "redis/client.h"

namespace bb::redis {

struct RedisDeduplicatorOptions {
  RedisDeduplicatorOptions() = default;  // no aggregate: see client/channel.h

  ClientOptions client;
  std::string prefix;  // names go behind it: see handled_prefix()
  // What was handled longer ago is forgotten.
  std::chrono::milliseconds window{std::chrono::hours(24)};
  // A claim is renewed for as long as its consumer is at work, three times in this; that of one
  // that died runs out after it.
  std::chrono::milliseconds lease{30'000};
};

// "bloodbank:handled:<queue>:", for the events of that queue.
std::string handled_prefix(std::string_view queue);

// The key of an event holds "done", or who is at it. As durable as the Redis is: what it forgets is
// handled again if it comes again. While it does not answer, every call fails, and nothing can be
// claimed. On one executor.
class RedisDeduplicator final : public client::Deduplicator {
 public:
  RedisDeduplicator(const boost::asio::any_io_executor& executor, RedisDeduplicatorOptions options);
  ~RedisDeduplicator() override;

  boost::asio::awaitable<Result<client::Claim>> claim(std::string event_id) override;
  boost::asio::awaitable<Result<void>> done(std::string event_id) override;
  boost::asio::awaitable<Result<void>> release(std::string event_id) override;

 private:
  struct State;
  static boost::asio::awaitable<void> renew(std::weak_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace bb::redis
