// How a message gets from its exchange into queues.
#include <fmt/format.h>

#include <algorithm>

#include "amqp/constants.h"
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
  BB_TRY(check_publish(exchange));
  BB_TRY_ASSIGN(Exchange* const from, find_exchange(exchange));
  from->route(input, routed_);
  if (routed_.size() > 1) {
    ++route_round_;
    std::erase_if(routed_, [&](Queue* queue) { return !queue->visit(route_round_); });
  }
  return routed_;
}

Result<PublishOutcome> VHost::publish(const Publication& publication) {
  BB_TRY_ASSIGN(const auto queues,
                route(publication.exchange, {.routing_key = publication.routing_key,
                                             .headers = publication.decoded.headers}));
  PublishOutcome outcome{.routed = !queues.empty()};
  if (queues.empty()) return outcome;

  const bool persistent = publication.decoded.delivery_mode == amqp::kPersistent;
  const Message::Ptr message =
      Message::make(context_.memory, publication.exchange, publication.routing_key,
                    publication.properties, publication.body, persistent);
  if (persistent) {
    durable_queues_.clear();
    for (const Queue* queue : queues) {
      if (queue->survives()) durable_queues_.push_back(queue->id());
    }
    if (!durable_queues_.empty()) {
      const auto appended = context_.storage.append(*message, durable_queues_);
      if (!appended) {
        outcome.refused = true;
        return outcome;
      }
      outcome.position = *appended;
    }
  }
  for (Queue* queue : queues) {
    queue->push(message, queue->survives() ? outcome.position : 0);
  }
  return outcome;
}

}  // namespace bb::broker
