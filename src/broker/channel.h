// A channel: one conversation within a connection.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "amqp/content.h"
#include "amqp/methods.h"
#include "bloodbank/result.h"
#include "broker/allowed_access.h"
#include "broker/confirm_tracker.h"
#include "broker/consumer_arguments.h"
#include "broker/context.h"
#include "broker/unacked_list.h"
#include "broker/vhost.h"

namespace bb::broker {

class ChannelConsumer;

// Does what the methods of classes exchange, queue, basic, confirm and tx ask for, and
// writes the answers. An Error is for the connection to turn into channel.close or
// connection.close, by its code; its text is without the code's name. Not thread-safe.
class Channel {
 public:
  // `connection` outlives the channel. close() is called before the destructor.
  Channel(ConnectionContext& connection, std::uint16_t id);
  ~Channel();

  std::uint16_t id() const { return id_; }

  // For those who look on.
  bool confirms() const { return confirms_.enabled(); }
  bool transactional() const { return tx_ != nullptr; }
  std::size_t uncommitted_publish_count() const { return tx_ ? tx_->publishes.size() : 0; }
  std::size_t uncommitted_ack_count() const;
  std::size_t consumer_count() const { return consumers_.size(); }
  std::uint16_t consumer_prefetch() const { return consumer_prefetch_; }
  std::uint16_t channel_prefetch() const { return channel_prefetch_; }
  const UnackedList& unacked() const { return unacked_; }
  // By number.
  const std::map<std::uint64_t, ChannelConsumer*>& consumers() const {
    return consumers_by_number_;
  }

  // A method of this channel, other than those of class channel that open and close it.
  Result<void> on_method(const amqp::Method& method);
  // A content header or body frame. kUnexpectedFrame when no content is due.
  Result<void> on_content(const amqp::Frame& frame);
  bool expects_content() const { return content_.active(); }
  // In the middle of a message or a transaction: what that holds in memory is freed by going on.
  bool holds_unfinished() const { return content_.active() || uncommitted_publish_count() > 0; }

  // Writes the confirms that are due.
  void flush_confirms();
  // What waits for the storage is refused. kInternalError: a transaction's commit did; the channel
  // must close.
  Result<void> refuse_unconfirmed();
  // The connection takes deliveries again, or the channel. Goes on after the consumer that it came
  // to last time, so that each gets its turn at what is full again and again.
  void resume_consumers();

  // What was given and its queue is not told to be done with: what a transaction has yet to
  // acknowledge is among it. Each once, in no particular order.
  void for_each_unacked(const std::function<void(const Unacked&)>& visit) const;

  // Ends the channel: consumers leave, what is unacknowledged goes back to its queues.
  void close();
  // channel.close was sent for an error: everything but close-ok is passed over.
  bool failing() const { return failing_; }
  void set_failing() { failing_ = true; }

 private:
  friend class ChannelConsumer;

  // One per method, in channel_topology.cc, channel_consume.cc and channel_publish.cc.
  // Methods that only a broker sends have none: see on_method().
  Result<void> handle(const amqp::channel::Flow& method);
  Result<void> handle(const amqp::access::Request& method);
  Result<void> handle(const amqp::exchange::Declare& method);
  Result<void> handle(const amqp::exchange::Delete& method);
  Result<void> handle(const amqp::exchange::Bind& method);
  Result<void> handle(const amqp::exchange::Unbind& method);
  Result<void> handle(const amqp::queue::Declare& method);
  Result<void> handle(const amqp::queue::Bind& method);
  Result<void> handle(const amqp::queue::Unbind& method);
  Result<void> handle(const amqp::queue::Purge& method);
  Result<void> handle(const amqp::queue::Delete& method);
  Result<void> handle(const amqp::basic::Qos& method);
  Result<void> handle(const amqp::basic::Consume& method);
  Result<void> handle(const amqp::basic::Cancel& method);
  Result<void> handle(const amqp::basic::Publish& method);
  Result<void> handle(const amqp::basic::Get& method);
  Result<void> handle(const amqp::basic::Ack& method);
  Result<void> handle(const amqp::basic::Reject& method);
  Result<void> handle(const amqp::basic::Nack& method);
  Result<void> handle(const amqp::basic::Recover& method);
  Result<void> handle(const amqp::basic::RecoverAsync& method);
  Result<void> handle(const amqp::confirm::Select& method);
  Result<void> handle(const amqp::tx::Select& method);
  Result<void> handle(const amqp::tx::Commit& method);
  Result<void> handle(const amqp::tx::Rollback& method);

  // kAccessRefused: see AccessControl::check().
  Result<void> check_exchange(Access access, std::string_view name) {
    return allowed_.check(access, ResourceKind::kExchange, name);
  }
  Result<void> check_queue(Access access, std::string_view name) {
    return allowed_.check(access, ResourceKind::kQueue, name);
  }
  // For a binding between two exchanges.
  Result<void> check_exchange_binding(std::string_view destination, std::string_view source);
  // A new exchange or queue that sends messages on to the exchange which this argument names.
  Result<void> check_forwarding(ResourceKind kind, std::string_view name,
                                const amqp::FieldTable& arguments, std::string_view argument);

  // An empty name stands for the queue declared last on this channel.
  Result<std::string> queue_name(std::string_view name) const;
  // The same, and the user has this access to it.
  Result<Queue*> queue_for(std::string_view name, Access access);

  Error unexpected_instead_of_content() const;
  Result<void> check_content_header(ByteView payload) const;
  Result<void> check_headers(const amqp::BasicProperties& properties) const;
  Result<void> publish_content();
  // Routes, returns what is mandatory and unroutable; what comes of it is in the result.
  Result<PublishOutcome> publish(const Publication& publication, bool mandatory);
  void confirm(const PublishOutcome& outcome);
  void count_content(std::size_t bytes);
  // kContentTooLarge: messages fill the memory so far beyond its limit that no more is taken.
  Result<void> check_memory() const;
  void send_return(const Publication& publication, bool in_history);

  // Direct reply-to, in channel_reply.cc.
  Result<void> consume_replies(const amqp::basic::Consume& method, const std::string& tag);
  Result<void> declare_reply_queue(const amqp::queue::Declare& method);
  // `properties` with the name of this channel's reply queue, if they ask for it.
  Result<std::optional<std::string>> with_reply_queue(const amqp::BasicProperties& properties);

  void deliver(ChannelConsumer& consumer, QueuedMessage message);
  void send_content(const Queue& queue, const QueuedMessage& message, bool always_counted);
  Result<std::vector<Unacked>> take_unacked(std::uint64_t delivery_tag, bool multiple);
  // What becomes of messages that a client is done with.
  enum class Outcome { kAcked, kRejected, kRequeuedAfterFailure, kRequeued };
  void settle(std::vector<Unacked> taken, Outcome outcome);
  // As settle(), or at the commit of the transaction.
  void settle_or_hold(std::vector<Unacked> taken, Outcome outcome);
  Result<void> check_prefetch(const Queue& queue, bool no_ack, std::string_view what) const;
  void add_consumer(Queue& queue, const amqp::basic::Consume& method, const std::string& tag,
                    const ConsumerArguments& arguments);
  // kNotImplemented: what streams gave is acknowledged, and nothing else.
  // kNotImplemented: there is one of a stream among them.
  Result<std::vector<Unacked>> none_of_streams(std::vector<Unacked> taken,
                                               std::string_view operation);

  // What a transaction holds back until its commit, in channel_transaction.cc.
  struct Transaction {
    struct Publish {
      Message::Ptr message;
      std::vector<Queue::Ptr> queues;  // that it is for: found as it came, as in RabbitMQ
      bool mandatory;
    };
    struct Settling {
      std::vector<Unacked> taken;
      Outcome outcome;
    };
    std::vector<Publish> publishes;
    std::vector<Settling> settlings;
    std::uint64_t bytes = 0;
  };
  Result<void> hold_publish(const Publication& publication, bool mandatory);
  void roll_back();
  void finish_commits();
  void requeue_all();
  // Gives the queue that it left, to be dispatched once what the consumer had is back; nothing for
  // a tag that nobody has.
  Queue::Ptr end_consumer(const std::string& tag);
  void consumer_cancelled(ChannelConsumer& consumer);
  bool below_channel_prefetch() const;
  // nullptr when the consumer of that number is gone, and for 0.
  ChannelConsumer* find_consumer(std::uint64_t number) const;

  template <class M>
  void send(const M& method) {
    amqp::encode_method(connection_.output(), id_, method);
    connection_.output_changed();
  }

  ConnectionContext& connection_;
  const std::uint16_t id_;
  AllowedAccess allowed_;
  bool failing_ = false;
  std::string last_queue_;

  // The publish whose content is on its way.
  amqp::ContentAssembler content_;
  bool header_due_ = false;        // content_ is active and has had no frame
  std::size_t content_bytes_ = 0;  // of its body so far; counted in the broker's memory
  std::string publish_exchange_;
  std::string publish_routing_key_;
  bool publish_mandatory_ = false;
  std::string reply_queue_;                // of the consumer of direct replies, if there is one
  std::unique_ptr<Transaction> tx_;        // in transaction mode
  std::vector<Position> commits_waiting_;  // for the storage to be durable up to each
  ConfirmTracker confirms_;
  std::vector<ConfirmTracker::Ack> acks_;  // kept for its memory

  std::unordered_map<std::string, std::unique_ptr<ChannelConsumer>> consumers_;
  std::map<std::uint64_t, ChannelConsumer*> consumers_by_number_;  // the same ones
  std::uint64_t next_consumer_number_ = 1;
  std::uint64_t resumed_last_ = 0;  // the number of the consumer that resume_consumers() came to
  UnackedList unacked_;
  std::string delivered_properties_;  // kept for its memory
  std::uint64_t next_delivery_tag_ = 1;
  std::uint32_t unacked_by_consumers_ = 0;  // what basic.get gave does not count
  std::uint16_t consumer_prefetch_ = 0;     // for consumers made from now on
  std::uint16_t channel_prefetch_ = 0;      // for all consumers of the channel together
};

}  // namespace bb::broker
