// The history of the events exchange.
#include <fmt/format.h>

#include <algorithm>

#include "amqp/constants.h"
#include "base/logging.h"
#include "base/try.h"
#include "broker/arguments.h"
#include "broker/history.h"
#include "broker/vhost.h"

namespace bb::broker {
namespace {

constexpr std::string_view kEverything = "#";

}  // namespace

bool VHost::is_events_exchange(std::string_view exchange) const {
  return name_ == "/" && !exchange.empty() && exchange == context_.options.events_exchange;
}

bool VHost::is_history(const Queue& queue) const {
  const Options& options = context_.options;
  return options.events_history && queue.is_stream() && name_ == "/" &&
         queue.name() == history_name(options.events_exchange);
}

bool VHost::is_only_history(std::span<Queue* const> queues) {
  return std::ranges::all_of(queues, [](const Queue* queue) { return queue->is_history(); });
}

Result<void> VHost::keep_history() {
  const Options& options = context_.options;
  if (!is_events_exchange(options.events_exchange)) return {};
  const std::string name = history_name(options.events_exchange);
  const Queue* const known = peek_queue(name);
  if (!options.events_history) {
    if (known == nullptr || !known->is_stream()) return {};
    return unbind(name, /*connection=*/0, options.events_exchange, kEverything, {});
  }
  // Both happen where names were chosen before there was a history: the bus works without.
  if (name.size() > amqp::kShortStringMaxBytes || (known != nullptr && !known->is_stream())) {
    logging::warning("{} has no history: {}", describe("exchange", options.events_exchange, name_),
                     known == nullptr ? "its name leaves no room for that of a stream"
                                      : fmt::format("the queue '{}' is no stream", name));
    return {};
  }
  Queue::Properties properties = history_properties(*options.events_history);
  BB_TRY_ASSIGN(QueuePolicy policy, check_queue(properties, name, name_));
  Queue* queue = nullptr;
  if (known == nullptr) {
    BB_TRY_ASSIGN(queue, declare_queue(name, std::move(properties), /*connection=*/0));
  } else {
    queue = queues_.find(name)->second.get();
    if (queue->properties().arguments != properties.arguments) {
      queue->set_stream_arguments(std::move(properties.arguments), std::move(policy));
      journal_.put(*queue);
    }
  }
  return bind(*queue, options.events_exchange, kEverything, {});
}

}  // namespace bb::broker
