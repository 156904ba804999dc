// How a message gets from its exchange into queues.
#include <fmt/format.h>

#include <algorithm>

#include "amqp/constants.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/try.h"
#include "broker/arguments.h"
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
  if (exchange.empty()) {
    // The default exchange: every queue is bound by its name.
    if (const auto queue = queues_.find(input.routing_key); queue != queues_.end()) {
      routed_.push_back(queue->second.get());
    }
    return routed_;
  }
  BB_TRY_ASSIGN(Exchange* const from, find_exchange(exchange));
  from->route(input, routed_);
  if (routed_.size() > 1) {
    ++route_round_;
    std::erase_if(routed_, [&](Queue* queue) { return !queue->visit(route_round_); });
  }
  return routed_;
}

Result<PublishOutcome> VHost::publish(const Publication& publication) {
  if (publication.dead_letter == nullptr) {
    BB_TRY(check_publish(publication.exchange));
    if (!passes_validation(publication)) {
      return PublishOutcome{.routed = true, .refused = true, .invalid = true};
    }
  }
  BB_TRY(route(publication.exchange,
               {.routing_key = publication.routing_key, .headers = publication.decoded.headers}));
  if (const DeadLetter* const dead = publication.dead_letter) {
    std::erase_if(routed_, [&](const Queue* queue) { return is_cycle(*dead, queue->name()); });
  }
  return deliver(publication);
}

// Keeps it and gives it to the queues in routed_.
PublishOutcome VHost::deliver(const Publication& publication) {
  PublishOutcome outcome{.routed = !routed_.empty()};
  refuse_where_full(publication, outcome);
  if (routed_.empty()) return outcome;

  const bool persistent = publication.decoded.delivery_mode == amqp::kPersistent;
  const Message::Ptr message =
      Message::make(context_.memory, publication.exchange, publication.routing_key,
                    publication.properties, publication.body, persistent, context_.clock.wall_ms);
  if (persistent) {
    durable_queues_.clear();
    for (const Queue* queue : routed_) {
      if (queue->survives()) durable_queues_.push_back(queue->id());
    }
    if (!durable_queues_.empty()) {
      const auto appended = context_.storage.append(*message, durable_queues_);
      if (!appended) {
        outcome.refused = outcome.storage_failed = true;
        return outcome;
      }
      outcome.position = *appended;
    }
  }
  for (Queue* queue : routed_) {
    queue->push(message, queue->survives() ? outcome.position : 0);
  }
  return outcome;
}

// One queue that refuses is enough for a nack, though others take the message.
void VHost::refuse_where_full(const Publication& publication, PublishOutcome& outcome) {
  std::erase_if(routed_, [&](Queue* queue) {
    if (queue->has_room_for(publication.body.size())) return false;
    outcome.refused = true;
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
  if (!exchanges_.contains(*policy.dead_letter_exchange)) return queue.settle(message);
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
               .dead_letter = &dead});
  BB_ASSERT(published);  // the exchange is there
  if (published->storage_failed) return queue.give_back(std::move(died));
  queue.settle(message);
}

}  // namespace bb::broker
