// Queues: messages waiting in order, and the consumers that they go to.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "amqp/field_table.h"
#include "broker/binding_list.h"
#include "broker/broker_context.h"
#include "broker/consumer_list.h"
#include "broker/dead_letter.h"
#include "broker/exchange.h"
#include "broker/message_list.h"
#include "broker/priority_messages.h"
#include "broker/queue_policy.h"
#include "broker/queued_message.h"
#include "broker/rate_meter.h"
#include "broker/stream_log.h"
#include "broker/timer_queue.h"

namespace bb::broker {

using ConnectionId = std::uint64_t;  // 0 is nobody

class Queue;
class Stream;
struct StreamStart;

// What a queue cannot do by itself.
class QueueOwner {
 public:
  // A message of the queue died. Takes it (Queue::take_dead()), publishes it to the dead letter
  // exchange and settles it when that is done. Called from within the queue: only take note.
  virtual void dead_letter(Queue& queue) = 0;
  // The queue was not used for as long as it may be: deletes it, now if it likes.
  virtual void delete_unused(Queue& queue) = 0;

 protected:
  ~QueueOwner() = default;
};

// A message that died in its queue, and holds its place in the storage until it is published anew.
struct DeadMessage {
  QueuedMessage message;
  DeathReason reason;
  std::int64_t wall_ms;          // when
  std::vector<QueueId> reached;  // of those that it is for, if it has to arrive at each
};

// Why a message comes back.
enum class Return : std::uint8_t {
  kFailed,    // refused: basic.reject
  kReturned,  // not wanted now: basic.nack, basic.recover, the end of its channel
};

// What x-arguments ask for is in queue_lifetimes.cc. A stream is a queue, too, whose messages and
// readers are in stream.h: nothing can be taken from it or put back.
class Queue : public boost::intrusive_ref_counter<Queue, boost::thread_unsafe_counter>,
              private Timer {
 public:
  using Ptr = boost::intrusive_ptr<Queue>;

  struct Properties {
    bool durable = false;
    bool auto_delete = false;
    ConnectionId exclusive_to = 0;  // the only connection that may use it
    // Holds answers for a consumer of amq.rabbitmq.reply-to: it can be published to, and nothing
    // else.
    bool is_reply_queue = false;
    amqp::FieldTable arguments;
  };

  // `context` and `owner` outlive the queue. Without an owner, what dies is settled.
  Queue(QueueId id, std::string name, Properties properties, BrokerContext& context,
        QueuePolicy policy = {}, QueueOwner* owner = nullptr);
  ~Queue() override;

  QueueId id() const { return id_; }
  const std::string& name() const { return name_; }
  const Properties& properties() const { return properties_; }
  const QueuePolicy& policy() const { return policy_; }
  bool is_stream() const { return stream_ != nullptr; }
  // Keeps what is published for whoever wants to look back: that it has a message does not make the
  // message one that was routed.
  bool is_history() const { return is_history_; }
  void set_history() { is_history_ = true; }
  // Whether the storage keeps it: an exclusive queue goes with its connection, and so with the
  // broker.
  bool survives() const { return properties_.durable && properties_.exclusive_to == 0; }
  // Whether the storage keeps a message for it: a quorum queue does not ask whether it is
  // persistent.
  bool keeps(bool persistent) const {
    return survives() && (persistent || policy_.type != QueueType::kClassic);
  }

  // Adds a message at the end and delivers what can be. `position` is 0 for what the
  // storage does not keep.
  void push(Message::Ptr message, Position position);
  // As push(), of a message that the storage kept from an earlier run. Before anything else.
  void restore(QueuedMessage message);
  // The same, of all that a stream had.
  void restore_stream(StreamLog log);
  // Of a stream: what it keeps from now on. `arguments` were checked and mean `policy`.
  void set_stream_arguments(amqp::FieldTable arguments, QueuePolicy policy);

  // Whether push() may be called for a message with a body of that size: a queue at its limit
  // refuses it, unless it drops its oldest message for it.
  bool has_room_for(std::size_t body_bytes) const;
  // What has_room_for() refused dies of it, if the queue wants that.
  void refuse(Message::Ptr message);

  // Takes the first message, which is then unsettled.
  std::optional<QueuedMessage> pop();

  // Puts an unsettled message back to its place, marked as redelivered, unless it has to wait or
  // came back too often. Delivers nothing: call dispatch() after the last one.
  void requeue(QueuedMessage message, Return how = Return::kReturned);
  // A consumer wants an unsettled message no more: it dies.
  void reject(QueuedMessage message);
  // The one that died first, to be published anew and then buried; or given back for another try.
  std::optional<DeadMessage> take_dead();
  void buried(const QueuedMessage& message);
  void give_back(DeadMessage dead);
  // The message is done with: acknowledged or dropped.
  void settle(const QueuedMessage& message);
  // What a client or a burial holds unsettled need not be in memory where the storage has it.
  void leave_to_storage(QueuedMessage& message) const;
  // Gets the message of an unsettled entry that was left to the storage. False, and logged, if it
  // cannot be read.
  bool load(QueuedMessage& message) { return MessageList::load(context_, message); }
  // What waits or has died and is in the storage, in order; not what is unsettled.
  void for_each_stored(const std::function<void(const QueuedMessage&)>& visit) const;

  // Gives messages to consumers in turn until either run out.
  void dispatch();

  // Somebody declared the queue, or got from it: it is in use.
  void touch();

  // accepts_consumer() said that it may come.
  void add_consumer(Consumer* consumer, bool exclusive, std::int64_t priority = 0);
  // The same, of a stream, for anybody. Delivers later: in the deferred work.
  void add_reader(Consumer* consumer, const StreamStart& start);
  // Delivers nothing, though another consumer may take over from a single active one: call
  // dispatch() once what this one had is back.
  void remove_consumer(Consumer* consumer);
  // `consumer` may be able to take messages again.
  void resume(Consumer* consumer);

  // Drops what waits (not what is unsettled or waits for another try) and says how many that were.
  std::uint32_t purge();
  // Ends the queue's life: drops messages, cancels consumers.
  void close();
  bool closed() const { return closed_; }

  std::uint32_t message_count() const;
  std::uint64_t body_bytes() const;
  std::uint32_t consumer_count() const;
  // Of a stream.
  const StreamLog& stream_log() const;
  // When the first that waits was published, in milliseconds since 1970; nullopt: none waits. Reads
  // it from the storage where it is in no memory.
  std::optional<std::int64_t> head_published_ms();

  // For whoever looks: how much came, was given to clients, and was acknowledged by them.
  struct Traffic {
    RateMeter published;
    RateMeter delivered;
    RateMeter acknowledged;
  };
  const Traffic& traffic() const { return traffic_; }
  void count_delivered() { traffic_.delivered.add(context_.clock.now); }
  void count_acknowledged() { traffic_.acknowledged.add(context_.clock.now); }

  bool accepts_consumer(bool exclusive) const { return consumers_.accepts(exclusive); }
  // Its one consumer wants to be alone.
  bool has_exclusive_consumer() const { return consumers_.has_exclusive(); }
  // Whether messages may go to `consumer`, of this queue, as things are.
  bool is_active(const Consumer& consumer) const { return consumers_.is_active(consumer); }
  // Auto-delete, and its last consumer has gone.
  bool expired() const {
    return properties_.auto_delete && had_consumer_ && consumers_.empty() && !closed_;
  }

  // Bindings, kept here so that they go with the queue. The vhost keeps exchange and queue in step.
  BindingList& binding_list() { return bindings_; }
  const BindingList::Map& bindings() const { return bindings_.all(); }

  // True the first time it is called with a new `round`: a message goes to a queue once, however
  // many bindings lead there.
  bool visit(std::uint64_t round) {
    const bool first = last_round_ != round;
    last_round_ = round;
    return first;
  }

 private:
  std::optional<QueuedMessage> pop_first();
  void put_back(QueuedMessage message);
  // `fresh`: the first message has only just come, and goes to a consumer who is ready whatever
  // its time to live.
  void deliver_waiting(bool fresh);

  void on_time() override;
  // False when there was more of it than one turn takes.
  bool drop_expired();
  void drop_surplus();
  bool over_limit(std::uint64_t messages, std::uint64_t bytes) const;
  std::optional<std::int64_t> expiry_ms(const Message& message) const;
  std::optional<QueuePolicy::Milliseconds> retry_delay(const QueuedMessage& message,
                                                       Return how) const;
  void die(QueuedMessage message, DeathReason reason);
  void ask_for_burial();
  void set_timer();

  const QueueId id_;
  const std::string name_;
  Properties properties_;  // those of a stream may change
  QueuePolicy policy_;     // likewise
  BrokerContext& context_;
  QueueOwner* const owner_;

  std::unique_ptr<Stream> stream_;
  bool is_history_ = false;
  PriorityMessages messages_;
  std::multimap<TimePoint, QueuedMessage> delayed_;  // by the time of their next try
  std::list<DeadMessage> dead_;
  std::uint64_t dead_bytes_ = 0;            // of the bodies in dead_
  std::size_t burials_due_ = 0;             // how often the owner was asked to take one
  std::optional<TimePoint> dead_again_;     // when another try is made to publish them
  QueuePolicy::Milliseconds dead_wait_{0};  // before that one; 0: the last one went well
  std::optional<TimePoint> unused_until_;   // when it goes, if nobody uses it
  bool may_expire_ = false;                 // some message of it
  Position delivered_ = 0;                  // the furthest that was taken
  Traffic traffic_;

  ConsumerList consumers_;
  bool had_consumer_ = false;
  bool dispatching_ = false;
  bool closed_ = false;

  BindingList bindings_;
  std::uint64_t last_round_ = 0;
};

}  // namespace bb::broker
