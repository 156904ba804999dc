// How a message gets from its exchange into queues.
#include <fmt/format.h>

#include <algorithm>

#include "amqp/constants.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/try.h"
#include "broker/arguments.h"
#include "broker/sender_copies.h"
#include "broker/vhost.h"

namespace bb::broker {

Result<void> VHost::check_publish(std::string_view exchange) {
  if (exchange.empty()) return {};
  BB_TRY_ASSIGN(const Exchange* const found, find_exchange(exchange));
  if (!found->properties().internal) return {};
  return fail(ErrorCode::kAccessRefused,
              fmt::format("cannot publish to internal {}", describe("exchange", exchange, name_)));
}

Result<std::span<Queue* const>> VHost::route(std::string_view exchange, const RoutingInput& input) {
  routed_.clear();
  std::vector<Queue*>& queues = routed_.queues;
  if (exchange.empty()) {
    route_by_name(input.routing_key);
    for (const std::string& key : input.copies) route_by_name(key);
  } else {
    BB_TRY_ASSIGN(Exchange* const from, find_exchange(exchange));
    from->route(input, routed_);
    if (!routed_.exchanges.empty() || is_only_history(queues)) follow(*from, input);
  }
  if (queues.size() > 1) {
    ++route_round_;
    std::erase_if(queues, [&](Queue* queue) { return !queue->visit(route_round_); });
  }
  return queues;
}

// The default exchange: every queue is bound by its name.
void VHost::route_by_name(std::string_view name) {
  if (const auto queue = queues_.find(name); queue != queues_.end()) {
    routed_.queues.push_back(queue->second.get());
  }
}

void VHost::follow(Exchange& first, const RoutingInput& input) {
  const std::uint64_t round = ++route_round_;
  first.visit(round);
  if (routed_.exchanges.empty()) add_alternate(first);
  // Each one passes the message once, so this ends.
  for (std::size_t next = 0; next < routed_.exchanges.size(); ++next) {
    Exchange& exchange = *routed_.exchanges[next];
    if (!exchange.visit(round)) continue;
    const std::size_t queues = routed_.queues.size();
    const std::size_t exchanges = routed_.exchanges.size();
    exchange.route(input, routed_);
    const bool found = routed_.exchanges.size() > exchanges ||
                       !is_only_history(std::span(routed_.queues).subspan(queues));
    if (!found) add_alternate(exchange);
  }
}

void VHost::add_alternate(const Exchange& exchange) {
  const std::string* const name = exchange.alternate();
  if (name == nullptr) return;
  const auto found = exchanges_.find(*name);
  if (found != exchanges_.end()) routed_.exchanges.push_back(found->second.get());
}

Result<std::vector<Queue::Ptr>> VHost::queues_for(const Publication& publication) {
  BB_TRY(check_publish(publication.exchange));
  SenderCopies copies;
  if (may_have_copies(publication.decoded)) {
    BB_TRY_ASSIGN(copies, sender_copies(publication.decoded));
  }
  BB_TRY_ASSIGN(const auto queues,
                route(publication.exchange, {.routing_key = publication.routing_key,
                                             .headers = publication.decoded.headers,
                                             .copies = copies.keys}));
  return std::vector<Queue::Ptr>(queues.begin(), queues.end());
}

Result<PublishOutcome> VHost::publish(const Publication& publication) {
  if (publication.queues != nullptr) {
    if (const auto refused = refuse_invalid(publication)) return *refused;
    routed_.clear();
    for (const Queue::Ptr& queue : *publication.queues) {
      if (!queue->closed()) routed_.queues.push_back(queue.get());
    }
    return deliver(publication);
  }
  if (publication.dead_letter == nullptr) BB_TRY(check_publish(publication.exchange));
  if (!may_have_copies(publication.decoded)) return publish_to(publication, {});
  const auto copies = sender_copies(publication.decoded);
  if (!copies && publication.dead_letter == nullptr) return fail(copies.error());
  if (!copies) return publish_to(publication, {});
  if (!copies->blind) return publish_to(publication, copies->keys);
  // Kept with it, and routed as if there were none.
  const std::string shown = without_blind_copies(publication.properties);
  const auto decoded = amqp::decode_properties(as_bytes(shown));
  BB_ASSERT(decoded);
  return publish_to({.exchange = publication.exchange,
                     .routing_key = publication.routing_key,
                     .properties = publication.properties,
                     .body = publication.body,
                     .decoded = *decoded,
                     .dead_letter = publication.dead_letter,
                     .reached = publication.reached},
                    copies->keys);
}

Result<PublishOutcome> VHost::publish_to(const Publication& publication,
                                         std::span<const std::string> copies) {
  if (publication.dead_letter == nullptr) {
    if (const auto refused = refuse_invalid(publication)) return *refused;
  }
  BB_TRY(route(publication.exchange, {.routing_key = publication.routing_key,
                                      .headers = publication.decoded.headers,
                                      .copies = copies}));
  if (const DeadLetter* const dead = publication.dead_letter) {
    std::erase_if(routed_.queues,
                  [&](const Queue* queue) { return is_cycle(*dead, queue->name()); });
  }
  if (const auto* const reached = publication.reached; reached != nullptr && !reached->empty()) {
    std::erase_if(routed_.queues, [&](const Queue* queue) {
      return std::ranges::find(*reached, queue->id()) != reached->end();
    });
  }
  return deliver(publication);
}

// Keeps it and gives it to the queues in routed_.
PublishOutcome VHost::deliver(const Publication& publication) {
  std::vector<Queue*>& queues = routed_.queues;
  PublishOutcome outcome;
  for (const Queue* queue : queues) {
    // As in RabbitMQ, the queue of direct replies is nothing that counts as a route.
    if (queue->is_history()) {
      outcome.in_history = true;
    } else if (!queue->properties().is_reply_queue) {
      outcome.routed = true;
    }
  }
  refuse_where_full(publication, outcome);
  if (queues.empty()) return outcome;

  const bool persistent = publication.decoded.delivery_mode == amqp::kPersistent;
  const Message::Ptr message =
      Message::make(context_.memory, publication.exchange, publication.routing_key,
                    publication.properties, publication.body, persistent, context_.clock.wall_ms);
  durable_queues_.clear();
  for (const Queue* queue : queues) {
    if (queue->keeps(persistent)) durable_queues_.push_back(queue->id());
  }
  if (!durable_queues_.empty()) {
    const auto appended = context_.storage.append(*message, durable_queues_);
    if (!appended) {
      if (appended.error().code == ErrorCode::kDiskFull) {
        context_.counters.refused.count(Limit::kDisk);
      }
      outcome.refused = outcome.storage_failed = true;
      return outcome;
    }
    outcome.position = *appended;
  }
  for (Queue* queue : queues) {
    if (publication.reached != nullptr) publication.reached->push_back(queue->id());
    queue->push(message, queue->keeps(persistent) ? outcome.position : 0);
  }
  return outcome;
}

// One queue that refuses is enough for a nack, though others take the message.
void VHost::refuse_where_full(const Publication& publication, PublishOutcome& outcome) {
  std::erase_if(routed_.queues, [&](Queue* queue) {
    if (queue->has_room_for(publication.body.size())) return false;
    outcome.refused = true;
    context_.counters.refused.count(Limit::kQueueLength);
    if (publication.reached != nullptr) return true;  // it comes again
    queue->refuse(Message::make(context_.memory, publication.exchange, publication.routing_key,
                                publication.properties, publication.body, /*persistent=*/false,
                                context_.clock.wall_ms));
    return true;
  });
}

void VHost::dead_letter(Queue& queue) {
  context_.deferred.add([this, queue = Queue::Ptr(&queue)] {
    // A queue that was deleted in the meantime took its messages with it, and maybe the vhost.
    if (queue->closed()) return;
    if (auto dead = queue->take_dead()) publish_dead_letter(*queue, *std::move(dead));
  });
}

// The message is settled after its successor was appended to the storage: a crash between the two
// makes two of it, and never none.
void VHost::publish_dead_letter(Queue& queue, DeadMessage died) {
  const QueuePolicy& policy = queue.policy();
  QueuedMessage& message = died.message;
  if (!exchanges_.contains(*policy.dead_letter_exchange)) {
    if (policy.dead_letter_at_least_once) return queue.give_back(std::move(died));
    return queue.settle(message);
  }
  if (!queue.load(message)) return;  // it stays in the storage
  Death death;
  death.queue = queue.name();
  death.reason = died.reason;
  death.time_seconds = static_cast<std::uint64_t>(died.wall_ms / 1000);
  const Message& content = *message.message;
  death.exchange = content.exchange();
  death.routing_key = content.routing_key();
  death.new_routing_key = policy.dead_letter_routing_key.has_value();
  const DeadLetter dead =
      broker::dead_letter(death, content.properties(), context_.options.deaths_max);
  const auto properties = amqp::decode_properties(as_bytes(dead.properties));
  BB_ASSERT(properties);
  const auto published =
      publish({.exchange = *policy.dead_letter_exchange,
               .routing_key = policy.dead_letter_routing_key ? *policy.dead_letter_routing_key
                                                             : content.routing_key(),
               .properties = dead.properties,
               .body = content.body(),
               .decoded = *properties,
               .dead_letter = &dead,
               .reached = policy.dead_letter_at_least_once ? &died.reached : nullptr});
  BB_ASSERT(published);  // the exchange is there
  const bool arrived = policy.dead_letter_at_least_once
                           ? !published->refused && !died.reached.empty()
                           : !published->storage_failed;
  if (!arrived) return queue.give_back(std::move(died));
  queue.buried(message);
}

}  // namespace bb::broker
