// Queues: messages waiting in order, and the consumers that they go to.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "amqp/field_table.h"
#include "broker/broker_context.h"
#include "broker/consumer_list.h"
#include "broker/exchange.h"
#include "broker/message_list.h"
#include "broker/queued_message.h"

namespace bb::broker {

using ConnectionId = std::uint64_t;  // 0 is nobody

class Queue : public boost::intrusive_ref_counter<Queue, boost::thread_unsafe_counter> {
 public:
  using Ptr = boost::intrusive_ptr<Queue>;

  struct Properties {
    bool durable = false;
    bool auto_delete = false;
    ConnectionId exclusive_to = 0;  // the only connection that may use it
    amqp::FieldTable arguments;
  };

  // `context` outlives the queue.
  Queue(QueueId id, std::string name, Properties properties, BrokerContext& context);

  QueueId id() const { return id_; }
  const std::string& name() const { return name_; }
  const Properties& properties() const { return properties_; }
  // Whether the storage keeps it: an exclusive queue goes with its connection, and so with the
  // broker.
  bool survives() const { return properties_.durable && properties_.exclusive_to == 0; }

  // Adds a message at the end and delivers what can be. `position` is 0 for what the
  // storage does not keep.
  void push(Message::Ptr message, Position position);
  // As push(), of a message that the storage kept from an earlier run. Before anything else.
  void restore(QueuedMessage message);

  // Takes the first message, which is then unsettled.
  std::optional<QueuedMessage> pop();

  // Puts an unsettled message back to its place, marked as redelivered. Delivers nothing: call
  // dispatch() after the last one.
  void requeue(QueuedMessage message);
  // The message is done with: acknowledged or dropped.
  void settle(const QueuedMessage& message);
  // Gets the message of an unsettled entry that was left to the storage. False, and logged, if it
  // cannot be read.
  bool load(QueuedMessage& message) { return MessageList::load(context_, message); }
  // What waits and is in the storage, in order; not what is unsettled.
  void for_each_stored(const std::function<void(const QueuedMessage&)>& visit) const;

  // Gives messages to consumers in turn until either run out.
  void dispatch();

  // accepts_consumer() said that it may come.
  void add_consumer(Consumer* consumer, bool exclusive, std::int64_t priority = 0);
  // Delivers nothing, though another consumer may take over from a single active one: call
  // dispatch() once what this one had is back.
  void remove_consumer(Consumer* consumer);
  // `consumer` may be able to take messages again.
  void resume(Consumer* consumer);

  // Drops what waits (not what is unsettled) and says how many that were.
  std::uint32_t purge();
  // Ends the queue's life: drops messages, cancels consumers.
  void close();
  bool closed() const { return closed_; }

  std::uint32_t message_count() const { return static_cast<std::uint32_t>(messages_.size()); }
  std::uint64_t body_bytes() const { return messages_.body_bytes(); }
  std::uint32_t consumer_count() const { return static_cast<std::uint32_t>(consumers_.size()); }
  bool accepts_consumer(bool exclusive) const { return consumers_.accepts(exclusive); }
  // Auto-delete, and its last consumer has gone.
  bool expired() const {
    return properties_.auto_delete && had_consumer_ && consumers_.empty() && !closed_;
  }

  // Bindings, kept here so that they go with the queue. The vhost keeps exchange and queue in step.
  const Binding* find_binding(const Binding& binding) const;
  void add_binding(Binding binding);
  void remove_binding(const Binding& binding);
  const std::unordered_multimap<std::string, Binding>& bindings() const { return bindings_; }

  // True the first time it is called with a new `round`: a message goes to a queue once, however
  // many bindings lead there.
  bool visit(std::uint64_t round) {
    const bool first = last_round_ != round;
    last_round_ = round;
    return first;
  }

 private:
  const QueueId id_;
  const std::string name_;
  const Properties properties_;
  BrokerContext& context_;

  MessageList messages_;
  Position delivered_ = 0;  // the furthest that was taken

  ConsumerList consumers_;
  bool had_consumer_ = false;
  bool dispatching_ = false;
  bool closed_ = false;

  std::unordered_multimap<std::string, Binding> bindings_;  // by exchange, NUL, routing key
  std::uint64_t last_round_ = 0;
};

}  // namespace bb::broker
