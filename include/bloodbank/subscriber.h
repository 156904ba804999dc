// Receives events for a service, and hands each to a handler until it is handled or a dead letter:
// over lost connections, restarted brokers, handlers that fail. What that means in queues and
// headers is in docs/consumers.md.
//
//   SubscriberConfig config;
//   config.service = "greeter";
//   config.patterns = {"llm.*"};
//   BB_TRY_ASSIGN(Subscriber subscriber, Subscriber::create(config, [](const Event& event) {
//     return greet(event.envelope.payload) ? Handling::done() : Handling::failed("nobody there");
//   }));
//   BB_TRY(subscriber.run());  // until stop()
//
// For coroutines: bloodbank/asio.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bloodbank/envelope.h"
#include "bloodbank/redis_config.h"
#include "bloodbank/result.h"

namespace bb {

struct Event {
  Envelope envelope;
  std::string json;  // as it was published
  std::string routing_key;
  std::size_t attempt = 1;  // 1 is the first

  Event() = default;  // no aggregate: see Handling
};

// What a handler made of an event.
struct Handling {
  enum class Kind : std::uint8_t {
    kDone,
    kFailed,    // to be tried again, if there are attempts left
    kDeferred,  // to be tried again later, as often as it takes: that is no failure
    kRejected,  // never to be tried again
  };
  Kind kind = Kind::kDone;
  std::string error;

  // No aggregate: g++ 12 destroys temporaries of those twice in a co_await expression.
  Handling() = default;
  Handling(Kind what, std::string why) : kind(what), error(std::move(why)) {}

  static Handling done() { return {}; }
  static Handling failed(std::string error) { return {Kind::kFailed, std::move(error)}; }
  static Handling deferred(std::string error) { return {Kind::kDeferred, std::move(error)}; }
  static Handling rejected(std::string error) { return {Kind::kRejected, std::move(error)}; }
};

struct SubscriberConfig {
  // As of PublisherConfig.
  std::vector<std::string> urls{"amqp://guest:guest@localhost:5672/"};
  std::string exchange = "bloodbank.events.v1";
  std::string service;                // the queue is <exchange>.<service>
  std::vector<std::string> patterns;  // of event types: * is one word, # any number
  bool quorum = false;                // the queue's type
  std::uint16_t prefetch = 64;
  std::size_t concurrency = 8;  // handlers at a time
  // In all; after the last that fails the event is in <queue>.dlq.
  std::size_t attempts_max = 5;
  // Before the second one; each further one waits `retry_factor` times as long, `retry_delay_max`
  // at most.
  std::chrono::milliseconds retry_delay{1000};
  double retry_factor = 5;
  std::chrono::milliseconds retry_delay_max{600'000};
  // Events with the same key are handled one by one, in order; those with "" in any order.
  std::function<std::string(const Event&)> order_key;
  // A file that remembers what was handled within `deduplicate_for`, shared by all consumers of the
  // service on this machine; empty: an event that comes twice is handled twice.
  std::string deduplicate_file;
  // The same in Redis, for consumers on any number of machines.
  RedisConfig deduplicate_redis;
  std::chrono::seconds deduplicate_for{std::chrono::hours(24)};
  // Where this process is registered while it runs, for `bb services`: the registry of `bb serve`,
  // at its management API (http[s]://[USER:PASSWORD@]HOST:PORT, by default as the user of the first
  // URL), or that in Redis, for other brokers. Neither: nowhere. Nothing waits for it or fails by
  // it.
  std::string management_url;
  RedisConfig registry;
  std::string version;     // of this program, for the registry
  std::string health_url;  // where it says how it is, for the registry
  // Deregistered by itself once it was not seen for so long; 0: never.
  std::chrono::milliseconds expire{0};
  std::chrono::milliseconds connect_timeout{5000};  // of the first connection; later ones: for ever
  // Told of lost connections, failed attempts, and trouble with the file. From run()'s thread.
  std::function<void(const std::string&)> on_notice;
};

class Subscriber {
 public:
  // Runs on one of `concurrency` threads. What it throws is a failure.
  using Handler = std::function<Handling(const Event&)>;
  // Begins to handle the event and calls `done` once, from any thread. Runs on run()'s thread.
  using Done = std::function<void(Handling)>;
  using AsyncHandler = std::function<void(Event, Done)>;

  // kInvalidUrl, kUsage, and what the file of the deduplication fails with.
  static Result<Subscriber> create(SubscriberConfig config, Handler handler);
  static Result<Subscriber> create_async(SubscriberConfig config, AsyncHandler handler);

  Subscriber(Subscriber&&) noexcept;
  Subscriber& operator=(Subscriber&&) noexcept;
  // After run() has returned.
  ~Subscriber();

  // Subscribes and handles, until stop(); then until the handlers that are at work have ended.
  // Fails at the start alone: no broker within connect_timeout, or one that refuses; the error says
  // what to do. Once in a Subscriber's life.
  Result<void> run();
  // Thread-safe, and safe before run().
  void stop();

 private:
  class Impl;
  explicit Subscriber(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bb
