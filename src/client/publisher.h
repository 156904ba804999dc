// Publishes to one exchange and keeps each message until the broker has said that it has it: over
// lost connections, restarted brokers and refused channels.
//
// A message that was under way when its connection ended is published again, in the original order
// and before all later ones. The broker may have it twice then; its message_id is the same.
//
// On one executor; not thread-safe. Handlers are called from there, never from within a call into
// this API, and must not throw. Destroying a Publisher forgets what is not settled; close() first.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "client/channel.h"
#include "client/connector.h"
#include "client/message.h"
#include "client/spool_entry.h"

namespace bb::client {

// Where a message is that is published.
enum class Kept : std::uint8_t {
  kInQueue,    // in at least one queue
  kInHistory,  // in the history of the exchange, and in no queue
  kInSpool,    // on this machine's disk, until there is a broker
};

// What became of a message. Errors: kNoRoute (no queue received it), kNacked (the broker refused
// it: a queue is full, or its schema does), kClosed (not answered for before the publisher closed:
// it may have been published or not), and what the broker refused channel or exchange with.
using Outcome = Result<Kept>;

struct PublisherOptions {
  PublisherOptions() = default;  // no aggregate: see channel.h

  ConnectorOptions connector;
  std::string exchange;
  // Declared at the start of each connection. Without: it has to be there.
  bool declare = true;
  ExchangeOptions exchange_options;
  // What may be unsettled at a time: messages, and bytes of them with their keys and properties. A
  // single larger message is taken when there is nothing else.
  std::size_t unsettled_max = 65'536;
  std::uint64_t unsettled_bytes_max = 64ull << 20;
  // The folder of a spool (spool_place.h); empty: messages wait in memory for a broker. With one,
  // what waits is put there once there was no connection for `spool_after`, and at close(). It is
  // published before anything else once there is one again. A spool that is full fails the message.
  std::string spool;
  std::chrono::milliseconds spool_after{5000};
  // What somebody should look at: a damaged spool, events of it that the broker refused.
  std::function<void(const Error&)> on_spool_trouble;
  // The broker has confirmed what was in the spool.
  std::function<void(const SpoolEntry&)> on_spool_published;
};

class PublisherState;  // private to client/

class Publisher {
 public:
  // Begins to connect, and does not wait for it.
  Publisher(const boost::asio::any_io_executor& executor, PublisherOptions options);
  Publisher(Publisher&&) noexcept;
  Publisher& operator=(Publisher&&) noexcept;
  ~Publisher();

  // Takes the message, connected or not; the exchange is the publisher's own, and that of `message`
  // is not looked at. Gives its number, from 1 in order. kResourceError: unsettled_max or
  // unsettled_bytes_max is reached, see ready(). kClosed: after close(). kUsage, kContentTooLarge:
  // no broker could take it.
  Result<std::uint64_t> publish(const OutgoingMessage& message);
  // Waits until publish() has room for one more, of so many bytes.
  boost::asio::awaitable<void> ready(std::uint64_t bytes = 0);
  bool is_ready(std::uint64_t bytes = 0) const;

  // Called once for each message, with its number; in the order of confirms, which is not always
  // that of numbers.
  void on_settled(std::function<void(std::uint64_t number, const Outcome& outcome)> handler);
  // publish(), which waits for room, and the wait for what becomes of it.
  boost::asio::awaitable<Outcome> publish_and_wait(OutgoingMessage message);

  std::size_t unsettled_count() const;
  // Waits until everything that was published before is settled.
  boost::asio::awaitable<void> flush();
  // flush(), for that long, then says goodbye. kTimeout: some were not settled; they are in the
  // spool, or their outcome is kClosed.
  boost::asio::awaitable<Result<void>> close(std::chrono::milliseconds timeout);

  bool is_connected() const;
  // Waits for the first connection that is ready to publish, or fails with why there is none after
  // so long: the last attempt's error, or kTimeout.
  boost::asio::awaitable<Result<void>> wait_connected(std::chrono::milliseconds timeout);
  // Called when it is connected, with nullptr, and with the reason when it no longer is, or when an
  // attempt failed.
  void on_connection(std::function<void(const Error* lost)> handler);

 private:
  std::shared_ptr<PublisherState> state_;
};

}  // namespace bb::client
