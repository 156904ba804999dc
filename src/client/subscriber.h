// Receives events for a service and hands them to a handler, until each is handled or has become a
// dead letter: over lost connections, restarted brokers, handlers that fail.
//
// A delivery is acknowledged once its handler has succeeded. One that failed waits for its next
// attempt in a delay queue of the broker, so that no timer is lost with this process, and goes to
// the dead-letter queue after the last; the names and headers are those of failure_headers.h. It is
// acknowledged in the service's queue once it is safe in the other one. An event may be handled
// more than once: when the connection was lost between the end of its handler and the
// acknowledgement.
//
// On one executor; not thread-safe. Handlers run there.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bloodbank/time.h"
#include "client/channel.h"
#include "client/connector.h"
#include "client/deduplicator.h"
#include "client/retry_policy.h"

namespace bb::client {

struct FailureRecord;

// What a handler made of an event.
struct Handled {
  enum class Kind : std::uint8_t {
    kDone,
    kSkipped,     // it is not for this handler: acknowledged, and counted apart
    kFailed,      // to be tried again, if there are attempts left
    kDeferred,    // to be tried again later, as often as it takes: that is no failure
    kRejected,    // never to be tried again
    kUnreadable,  // the same: it is no event
    kLeft,        // not handled: it goes back to its queue once the subscriber has stopped
  };
  Kind kind = Kind::kDone;
  std::string error;  // why, for whoever looks at it later

  // No aggregates, neither this nor Attempt: see channel.h.
  Handled() = default;
  Handled(Kind what, std::string why) : kind(what), error(std::move(why)) {}

  static Handled done() { return {}; }
  static Handled skipped() { return {Kind::kSkipped, {}}; }
  static Handled left() { return {Kind::kLeft, {}}; }
  static Handled failed(std::string error) { return {Kind::kFailed, std::move(error)}; }
  static Handled deferred(std::string why) { return {Kind::kDeferred, std::move(why)}; }
  static Handled rejected(std::string error) { return {Kind::kRejected, std::move(error)}; }
  static Handled unreadable(std::string error) { return {Kind::kUnreadable, std::move(error)}; }
};

// One attempt at an event.
struct Attempt {
  std::shared_ptr<const Delivery> delivery;
  std::string exchange;  // what it was published with, also where it comes from a delay queue
  std::string routing_key;
  std::size_t number = 1;  // 1 is the first
  // When an attempt at it first failed or was deferred; nullopt: none has.
  std::optional<Timestamp> first_failed_at;

  Attempt(std::shared_ptr<const Delivery> of, const FailureRecord& record);
};

// An exception out of a handler is a failure.
using Handler = std::function<boost::asio::awaitable<Handled>(Attempt attempt)>;

enum class QueueType : std::uint8_t { kClassic, kQuorum };

struct SubscriberOptions {
  SubscriberOptions() = default;  // no aggregate: see channel.h

  ConnectorOptions connector;
  std::string exchange;  // declared first: topic, durable
  std::vector<std::string> patterns;
  std::string queue;     // durable; service_queue() has the usual name
  std::string consumer;  // who we are, for the headers of dead letters
  QueueType queue_type = QueueType::kClassic;
  std::uint16_t prefetch = 64;
  std::size_t concurrency = 8;  // handlers at a time
  RetryPolicy retry;
  // Stops by itself once so many have come to their end: handled, or dead letters.
  std::optional<std::uint64_t> finish_max;
  // Deliveries with the same key are handled one by one in the order of their queue; those with ""
  // in any order. Where it is set the queue has a single active consumer
  // (https://www.rabbitmq.com/consumers.html#single-active-consumer), and further attempts are made
  // here, with what follows them waiting: a delay queue would let that overtake.
  std::function<std::string(const Delivery&)> order_key;
  // None: what comes twice is handled twice.
  std::shared_ptr<Deduplicator> deduplicator;
};

// `<exchange>.<service>`, as the wire contract has it.
std::string service_queue(std::string_view exchange, std::string_view service);

struct SubscriberCounts {
  std::uint64_t handled = 0;
  std::uint64_t skipped = 0;
  std::uint64_t failed = 0;  // attempts
  std::uint64_t deferred = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t duplicates = 0;  // acknowledged without a handler

  std::uint64_t finished() const { return handled + dead_lettered; }
};

class SubscriberState;  // private to client/

class Subscriber {
 public:
  Subscriber(const boost::asio::any_io_executor& executor, SubscriberOptions options,
             Handler handler);
  Subscriber(Subscriber&&) noexcept;
  Subscriber& operator=(Subscriber&&) noexcept;
  // Leaves what is not acknowledged to the broker; handlers that run are not waited for.
  ~Subscriber();

  // Subscribes, and again after each loss of the connection, until stop(). A queue that was deleted
  // is declared anew; on_connection() tells of it. Fails at the start alone: when no broker answers
  // within `first_timeout`, or one refuses queue, exchange or permission. The error says what
  // differs and what to do.
  boost::asio::awaitable<Result<void>> run(std::chrono::milliseconds first_timeout);
  // No more deliveries; run() ends once the handlers that are at work have ended and are
  // acknowledged. Those that wait in this process go back to the queue.
  void stop();

  const SubscriberCounts& counts() const;
  // Called when it receives, with nullptr, and with the reason when it no longer does.
  void on_connection(std::function<void(const Error* lost)> handler);
  // Called for each attempt that did not succeed.
  void on_failure(std::function<void(const Attempt& attempt, const Handled& handled)> handler);

 private:
  std::shared_ptr<SubscriberState> state_;
};

}  // namespace bb::client
