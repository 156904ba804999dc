// Publishes events, and keeps each until the broker has said that it has it: over lost connections
// and restarted brokers. `bb serve` or RabbitMQ is a matter of the URL.
//
//   BB_TRY_ASSIGN(Publisher publisher, Publisher::start({}));   // RABBIT_URL's default: this
//   machine BB_TRY(publisher.publish(new_event("llm.prompt", R"({"prompt":"hello"})")));
//
// Connecting, confirms and repeats are the work of a thread of its own. All functions may be called
// from any thread, but none that waits from within a callback. For coroutines: bloodbank/asio.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bloodbank/envelope.h"
#include "bloodbank/redis_config.h"
#include "bloodbank/result.h"

namespace bb {

// An envelope with a new id, for now, from this host.
Envelope new_event(std::string event_type, RawJson payload);

// Where a published event is.
enum class Published : std::uint8_t {
  kInQueue,    // in at least one queue, and on the broker's disk
  kInHistory,  // in the history of the exchange, and in no queue
  kInSpool,    // on this machine's disk, until there is a broker: see PublisherConfig::spool
};

struct PublisherConfig {
  // The nodes of one cluster, tried in turn: amqp[s]://USER:PASSWORD@HOST:PORT/VHOST?PARAMETERS, as
  // docs/amqp-url.md has it. One text may hold several, with commas between.
  std::vector<std::string> urls{"amqp://guest:guest@localhost:5672/"};
  std::string exchange = "bloodbank.events.v1";  // declared: topic, durable
  std::string name = "bloodbank";                // the connection's, for the broker's management
  // The broker's management API, which tells an event that no queue received which queues it
  // nearly matched: http[s]://[USER:PASSWORD@]HOST:PORT, by default as the user of the first URL.
  // Empty: not asked.
  std::string management_url;
  std::chrono::milliseconds connect_timeout{5000};
  // What may wait for the broker's confirm at a time.
  std::size_t unconfirmed_max = 65'536;
  std::uint64_t unconfirmed_bytes_max = 64ull << 20;
  // When that is reached: true waits until there is room, false fails with kResourceError.
  bool wait_for_room = true;
  // What waits goes to the spool of the data directory, which `bb publish` and `bb serve` share,
  // once no broker was there for spool_after, and at close(): it survives this process, and is
  // published by whoever reaches the broker first. Without: it waits in memory.
  bool spool = false;
  std::string data_dir;  // empty: BB_DATA_DIR, else ~/.local/state/bloodbank as for bb
  std::chrono::milliseconds spool_after{5000};
  // A spool that is damaged, events of it that the broker refused: somebody should look. Called
  // from the publisher's own thread.
  std::function<void(const Error&)> on_spool_trouble = {};
  // Where it is recorded what caused each event (its correlation_ids), once the broker has it: the
  // Redis of docs/correlation.md. Nothing waits for that or fails by it. `bb serve` needs none: it
  // records by itself.
  RedisConfig links = {};
  std::chrono::seconds links_for = std::chrono::hours(24 * 30);
  // Told of links that Redis did not take: how many, why, and the command that records the first.
  // Not for each, and at close(). From the publisher's threads.
  std::function<void(const Error&)> on_links_missing = {};
};

class Publisher {
 public:
  // Errors: kNoRoute (no queue received it: the error names its type, and, with management_url, the
  // queues that nearly match; at most a second later for that), kNacked (the broker refused it),
  // kClosed (the publisher closed before there was an answer), kInvalidEnvelope, kResourceError,
  // and what the broker refuses the exchange with.
  using Outcome = Result<Published>;
  // Called once, from the publisher's own thread. Must not throw, and not wait for this publisher.
  using Callback = std::function<void(const Outcome&)>;

  // Does not wait for a broker. kInvalidUrl, kUsage: the configuration cannot be used.
  static Result<Publisher> start(PublisherConfig config);

  Publisher(Publisher&&) noexcept;
  Publisher& operator=(Publisher&&) noexcept;
  // close(), at most for a second.
  ~Publisher();

  // Waits for what becomes of it: for ever, while there is no broker.
  Outcome publish(const Envelope& event);
  // Does not wait, save for room. An error here means that there will be no callback.
  Result<void> publish(const Envelope& event, Callback on_settled);

  // Waits until all that was published before is settled. kTimeout: something is not.
  Result<void> flush(std::chrono::milliseconds timeout);
  // flush(), then says goodbye. What is not settled in time is in the spool, or its outcome is
  // kClosed. Links that Redis is taking may have a second more. Idempotent.
  Result<void> close(std::chrono::milliseconds timeout);

  // kTimeout, or why the last attempt failed.
  Result<void> wait_connected(std::chrono::milliseconds timeout);

 private:
  class Impl;
  explicit Publisher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bb
