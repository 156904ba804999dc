// A virtual host: the names of exchanges and queues, and the bindings between them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "amqp/properties.h"
#include "bloodbank/result.h"
#include "broker/broker_context.h"
#include "broker/definition_journal.h"
#include "broker/exchange.h"
#include "broker/message.h"
#include "broker/message_validator.h"
#include "broker/queue.h"

namespace bb::broker {

// A message on its way in, with its content complete. Borrows everything for the call.
struct Publication {
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view properties;  // flags and list, as decode_properties() takes them
  std::string_view body;
  const amqp::BasicProperties& decoded;  // the same properties; routing sees them without BCC
  // Of a dead letter, which passes internal exchanges and does not go round in circles.
  const DeadLetter* dead_letter = nullptr;
  // Where it goes, if that was found before (VHost::queues_for): whatever of them is left.
  const std::vector<Queue::Ptr>* queues = nullptr;
  // Of a dead letter that has to arrive: the queues that have it already, and do not get it again.
  // Those that take it now are added.
  std::vector<QueueId>* reached = nullptr;
};

// The name that asks for direct replies (https://www.rabbitmq.com/direct-reply-to.html).
constexpr std::string_view kReplyTo = "amq.rabbitmq.reply-to";

// What became of a message that was not in error.
struct PublishOutcome {
  bool routed = false;      // at least one queue received it, or would have but for `refused`
  bool in_history = false;  // a history did: see Queue::is_history()
  bool refused = false;     // the storage could not keep it, a queue is full, or invalid: a nack
  bool invalid = false;     // its exchange refused it: it is in quarantine, safe as `position` says
  bool storage_failed = false;
  Position position = 0;  // safe once the storage is durable up to here; 0: there is no waiting
};

// What the AMQP methods of classes exchange and queue do, apart from the wire. Errors
// are channel errors with RabbitMQ's codes and words; the caller adds the code's name.
//
// The pointers that it gives are valid until the exchange or queue is deleted.
class VHost final : private QueueOwner {
 public:
  // Makes the default exchange and amq.direct, amq.fanout, amq.topic, amq.headers and amq.match.
  // `context` outlives it.
  VHost(std::string name, BrokerContext& context);
  ~VHost();

  const std::string& name() const { return name_; }

  // What people say about it.
  struct Metadata {
    std::string description;
    std::vector<std::string> tags;
  };
  const Metadata& metadata() const { return metadata_; }
  void set_metadata(Metadata metadata) { metadata_ = std::move(metadata); }

  // kAccessRefused: a reserved name. kPreconditionFailed: exists and is another one.
  Result<void> declare_exchange(std::string_view name, Exchange::Properties properties);
  // kNotFound.
  Result<Exchange*> find_exchange(std::string_view name);
  // Sees to it that the events exchange, which is there, has the history that
  // Options::events_history asks for, with these limits; or that an older one gets nothing more.
  Result<void> keep_history();
  // Fine when it does not exist. kPreconditionFailed: `if_unused`, and it has bindings.
  Result<void> delete_exchange(std::string_view name, bool if_unused);

  // A queue that an earlier run had, under the number that it had.
  Result<Queue*> restore_queue(StoredQueue stored);
  Result<void> restore_binding(const StoredBinding& stored);

  // An empty name gets one made up. `connection` is who asks; properties.exclusive_to is
  // that or nobody.
  Result<Queue*> declare_queue(std::string_view name, Queue::Properties properties,
                               ConnectionId connection);
  // The same, of a name that the broker may have made up: of another one, or of an earlier run.
  Result<Queue*> import_queue(std::string_view name, Queue::Properties properties,
                              ConnectionId connection = 0);
  // A queue for the answers to one consumer, found by publishing to its name, and by nothing else;
  // it goes with its consumer.
  Result<Queue*> make_reply_queue();
  bool has_reply_queue(std::string_view name) const;
  // kNotFound; kResourceLocked: exclusive to another connection.
  Result<Queue*> find_queue(std::string_view name, ConnectionId connection);
  // The queue if it may be deleted; nullptr when it does not exist, which is fine, too.
  Result<Queue*> find_deletable_queue(std::string_view name, ConnectionId connection,
                                      bool if_unused, bool if_empty);
  // kNotImplemented: a stream.
  Result<void> check_purge(const Queue& queue) const;
  // Deletes it and tells its consumers.
  void remove_queue(Queue& queue);
  // Deletes all queues and all exchanges but those that were there from the beginning.
  void clear();
  bool has_exchange(std::string_view name) const { return exchanges_.contains(name); }
  bool has_queue(std::string_view name) const { return queues_.contains(name); }
  // To look at, whoever owns it; nullptr when there is none.
  const Queue* peek_queue(std::string_view name) const {
    const auto found = queues_.find(name);
    return found == queues_.end() ? nullptr : found->second.get();
  }
  // Deletes the queues exclusive to the connection.
  void connection_closed(ConnectionId connection);

  // Whether anything may be bound to the exchange; bind() looks, too.
  Result<void> check_source(std::string_view exchange);
  // Binding twice is one binding.
  Result<void> bind(Queue& queue, std::string_view exchange, std::string_view routing_key,
                    const amqp::FieldTable& arguments);
  // The same, of an exchange.
  Result<void> bind_exchange(std::string_view destination, std::string_view source,
                             std::string_view routing_key, const amqp::FieldTable& arguments);
  Result<void> unbind_exchange(std::string_view destination, std::string_view source,
                               std::string_view routing_key, const amqp::FieldTable& arguments);
  // Unbinding what is not bound is fine, even where there is no such queue or exchange.
  Result<void> unbind(std::string_view queue, ConnectionId connection, std::string_view exchange,
                      std::string_view routing_key, const amqp::FieldTable& arguments);

  // Refuses what publish() would for its exchange: kNotFound, kAccessRefused (internal).
  Result<void> check_publish(std::string_view exchange);
  // The one way in for a message: asks the exchange for its policy (not for a dead letter, which
  // passed once; what is refused is put into quarantine, and no queue receives it), routes it,
  // appends it to the storage once for all durable queues if it is persistent, and gives it to the
  // queues, which deliver what they can at once. Errors: those of check_publish();
  // of sender_copies() if it is no dead letter.
  Result<PublishOutcome> publish(const Publication& publication);

  // Where a message goes that is published later. Errors: those of publish().
  Result<std::vector<Queue::Ptr>> queues_for(const Publication& publication);

  // The queues that a message published to the exchange reaches, each once, in no
  // particular order. Valid until the next call. kNotFound, kAccessRefused (internal).
  Result<std::span<Queue* const>> route(std::string_view exchange, const RoutingInput& input);

  // In no particular order.
  template <class Visit>
  void for_each_exchange(const Visit& visit) const {
    for (const auto& [name, exchange] : exchanges_) visit(*exchange);
  }
  template <class Visit>
  void for_each_queue(const Visit& visit) const {
    for (const auto& [name, queue] : queues_) {
      if (!queue->properties().is_reply_queue) visit(*queue);
    }
  }

  std::size_t queue_count() const { return queues_.size(); }
  std::size_t binding_count() const { return binding_count_; }

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, NameHash, std::equal_to<>>;

  Result<Queue*> add_queue(QueueId id, std::string name, Queue::Properties properties,
                           QueuePolicy policy);
  Result<ValidationPolicy> validation_policy(std::string_view exchange,
                                             const amqp::FieldTable& arguments) const;
  bool is_events_exchange(std::string_view exchange) const;
  bool is_history(const Queue& queue) const;
  // That alone is nowhere: see Queue::is_history().
  static bool is_only_history(std::span<Queue* const> queues);
  Result<Queue*> quarantine_of(std::string_view exchange);
  // Nothing: it may pass.
  std::optional<PublishOutcome> refuse_invalid(const Publication& publication);
  void log_refusal(const ValidatedMessage& message, const Refusal& refusal,
                   const Result<Position>& kept);
  Result<Position> keep_in_quarantine(const Publication& publication,
                                      const ValidatedMessage& message, const Refusal& refusal);
  static std::unexpected<Error> refuse_default_exchange();
  // With all bindings from and to it, and with the auto-delete exchanges that these leave unused.
  void remove_exchange(Exchange& exchange);
  Result<void> check_access(const Queue& queue, ConnectionId connection) const;
  // Of queues and exchanges, in vhost_bindings.cc.
  template <class To>
  Result<void> add_binding(Exchange& from, To& to, Binding binding);
  // One end of a binding; the other is for the caller.
  template <class To>
  void take_from_source(const Binding& binding, Exchange& from, To& to);
  // The same, and the source goes if it is auto-delete and left unused.
  template <class To>
  void unbind_from_source(const Binding& binding, To& to);
  // Both ends of all bindings between the two.
  template <class To>
  void take_all_from_source(Exchange& from, To& to);

  // Follows exchanges that are bound, and alternate exchanges, from what the first one gave.
  void follow(Exchange& first, const RoutingInput& input);
  void add_alternate(const Exchange& exchange);
  void route_by_name(std::string_view queue);

  // QueueOwner.
  void dead_letter(Queue& queue) override;
  void delete_unused(Queue& queue) override { remove_queue(queue); }
  void publish_dead_letter(Queue& queue, DeadMessage dead);
  Result<PublishOutcome> publish_to(const Publication& publication,
                                    std::span<const std::string> copies);
  PublishOutcome deliver(const Publication& publication);
  void refuse_where_full(const Publication& publication, PublishOutcome& outcome);

  std::string name_;
  Metadata metadata_;
  BrokerContext& context_;
  DefinitionJournal journal_;
  ByName<std::unique_ptr<Exchange>> exchanges_;
  ByName<Queue::Ptr> queues_;
  std::unordered_multimap<ConnectionId, Queue*> exclusive_queues_;
  std::size_t binding_count_ = 0;
  std::size_t validating_exchanges_ = 0;
  std::uint64_t route_round_ = 0;
  Destinations routed_;
  std::vector<QueueId> durable_queues_;  // of the current publish; kept for its memory
};

}  // namespace bb::broker
