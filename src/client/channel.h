// A channel of a Connection: declaring, publishing with confirms, consuming.
//
// Errors of the broker (404, 406, ...) close the channel: the call that caused it
// and every later one return that error; the connection and its other channels
// live on. See connection.h for threads.
//
// A function that waits for an answer writes its request when it is called, not when its
// awaitable is awaited: several may be in flight, and are answered in order. A Channel may be
// moved or destroyed while one waits; destroying it makes them fail with kClosed.
//
// Handlers must not throw, and may call everything here, even destroy the channel.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "amqp/field_table.h"
#include "bloodbank/result.h"
#include "client/message.h"

namespace bb::client {

class ChannelState;  // private to client/

// Options are filled in member by member. Their constructors keep them from being
// aggregates, of which g++ 12 destroys twice a temporary made within a co_await expression.
struct ExchangeOptions {
  ExchangeOptions() = default;

  std::string type = "topic";
  bool durable = true;
  bool auto_delete = false;
  bool internal = false;
  bool passive = false;  // only ask whether it exists
  // Do not wait for the answer: a refusal then comes as the error of a later call.
  bool no_wait = false;
  amqp::FieldTable arguments = {};
};

struct QueueOptions {
  QueueOptions() = default;

  bool durable = true;
  bool exclusive = false;
  bool auto_delete = false;
  bool passive = false;
  amqp::FieldTable arguments = {};
};

struct QueueInfo {
  std::string name;  // the broker's choice where none was given
  std::uint32_t message_count = 0;
  std::uint32_t consumer_count = 0;
};

struct ConsumeOptions {
  ConsumeOptions() = default;

  std::string consumer_tag = {};  // empty: the broker chooses
  bool no_ack = false;
  bool exclusive = false;
  amqp::FieldTable arguments = {};
};

class Channel {
 public:
  Channel(Channel&&) noexcept;
  Channel& operator=(Channel&&) noexcept;
  ~Channel();  // closes the channel without waiting if it is open

  boost::asio::awaitable<Result<void>> declare_exchange(std::string name, ExchangeOptions options);
  boost::asio::awaitable<Result<void>> delete_exchange(std::string name, bool if_unused);
  boost::asio::awaitable<Result<QueueInfo>> declare_queue(std::string name, QueueOptions options);
  boost::asio::awaitable<Result<void>> bind_queue(std::string queue, std::string exchange,
                                                  std::string routing_key,
                                                  amqp::FieldTable arguments = {});
  boost::asio::awaitable<Result<void>> unbind_queue(std::string queue, std::string exchange,
                                                    std::string routing_key,
                                                    amqp::FieldTable arguments = {});
  // Both give the number of messages removed.
  boost::asio::awaitable<Result<std::uint32_t>> purge_queue(std::string name);
  boost::asio::awaitable<Result<std::uint32_t>> delete_queue(std::string name,
                                                             bool if_unused = false,
                                                             bool if_empty = false);

  // Turns confirms on. Before the first publish(); does not wait for the answer.
  Result<void> enable_confirms();

  // Writes the message to the socket's buffer, without waiting, and returns its sequence number
  // (from 1, in order). Many may be in flight. Errors: the channel's; kUsage (a text above
  // 255 bytes), kContentTooLarge (headers above a frame), kResourceError (more waits to be sent
  // than ConnectOptions::output_bytes_max, or a million messages to be confirmed): the message
  // was not written and the channel is as before.
  Result<std::uint64_t> publish(const OutgoingMessage& message);
  // Called once per message when its fate is known, in order of arrival. A returned message is
  // told from others in flight by exchange, routing key and message_id, or its body where it
  // has no message_id (confirm_tracker.h has the guarantees). With confirms off there is no fate
  // but `returned`, with sequence 0.
  void on_confirm(std::function<void(const Confirm&)> handler);
  std::size_t unconfirmed_count() const;
  // Waits until at most `count` messages are unconfirmed. Fails when the channel closes.
  boost::asio::awaitable<Result<void>> wait_unconfirmed_at_most(std::size_t count);
  // publish() and the wait for that one message.
  boost::asio::awaitable<Result<Confirm>> publish_and_wait(const OutgoingMessage& message);
  // Waits while 1 MiB or more waits to be sent, or the broker asked for a pause: call it between
  // publishes in bulk.
  boost::asio::awaitable<Result<void>> writable();
  // Whether writable() would not wait.
  bool is_writable() const;

  // Per consumer, for consumers made afterwards. 0 is unlimited.
  boost::asio::awaitable<Result<void>> set_prefetch(std::uint16_t count);

  // Gives the consumer tag. `handler` is called for each delivery, in order; it acks by
  // ack()/nack()/reject() now or later. The first deliveries may come before the tag does:
  // the broker sends both at once. `on_cancelled` is called if the broker ends the consumer (its
  // queue was deleted).
  // With g++ 12, name a handler that captures by value before the co_await expression and move
  // it in: a closure made within the expression is destroyed twice.
  boost::asio::awaitable<Result<std::string>> consume(std::string queue, ConsumeOptions options,
                                                      std::function<void(Delivery)> handler,
                                                      std::function<void()> on_cancelled = {});
  // Deliveries may come until it is answered.
  boost::asio::awaitable<Result<void>> cancel(std::string consumer_tag);
  // nullopt when the queue is empty.
  boost::asio::awaitable<Result<std::optional<Delivery>>> get(std::string queue, bool no_ack);

  // Written at once, no answer expected; an unknown tag closes the channel (406).
  Result<void> ack(std::uint64_t delivery_tag, bool multiple = false);
  Result<void> nack(std::uint64_t delivery_tag, bool multiple, bool requeue);
  Result<void> reject(std::uint64_t delivery_tag, bool requeue);
  boost::asio::awaitable<Result<void>> recover(bool requeue);

  // Waits for what was called before as well. Unacked deliveries go back to their queues.
  boost::asio::awaitable<Result<void>> close();
  bool is_open() const;
  // Why the channel ended; empty message while it is open or after close().
  Error failure() const;
  // Called once if the channel ends other than by close().
  void on_closed(std::function<void(const Error&)> handler);

 private:
  friend class Connection;
  explicit Channel(std::shared_ptr<ChannelState> state);
  std::shared_ptr<ChannelState> state_;
};

}  // namespace bb::client
