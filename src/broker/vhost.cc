#include "broker/vhost.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "amqp/constants.h"
#include "base/assert.h"
#include "base/try.h"
#include "broker/arguments.h"

namespace bb::broker {
namespace {

constexpr std::string_view kReservedPrefix = "amq.";

std::unexpected<Error> reserved(std::string_view kind, std::string_view name) {
  return fail(ErrorCode::kAccessRefused,
              fmt::format("{} name '{}' contains reserved prefix 'amq.*'", kind, name));
}

// On the wire they cannot be longer; over HTTP and in definitions they can.
Result<void> check_name(std::string_view kind, std::string_view name) {
  if (name.size() <= amqp::kShortStringMaxBytes) return {};
  return fail(
      ErrorCode::kPreconditionFailed,
      fmt::format("the name of the {} is longer than {} bytes", kind, amqp::kShortStringMaxBytes));
}

// What no argument says of a queue, the options do.
void limit_length(QueuePolicy& policy, const amqp::FieldTable& arguments, const Options& options) {
  if (!options.queue_length_max || policy.max_length || policy.max_length_bytes ||
      policy.type == QueueType::kStream) {
    return;
  }
  policy.max_length = options.queue_length_max;
  // Nobody asked for the oldest ones to be dropped.
  if (arguments.find("x-overflow") == nullptr) policy.overflow = Overflow::kRejectPublish;
}

std::unexpected<Error> locked(std::string_view what) {
  return fail(ErrorCode::kResourceLocked,
              fmt::format("cannot obtain exclusive access to locked {}. It could be originally "
                          "declared on another connection or the exclusive property value does "
                          "not match that of the original declaration.",
                          what));
}

}  // namespace

VHost::VHost(std::string name, BrokerContext& context)
    : name_(std::move(name)), context_(context), journal_(name_, context) {
  static constexpr std::pair<std::string_view, ExchangeType> kPredeclared[] = {
      {"", ExchangeType::kDirect},
      {"amq.direct", ExchangeType::kDirect},
      {"amq.fanout", ExchangeType::kFanout},
      {"amq.topic", ExchangeType::kTopic},
      {"amq.headers", ExchangeType::kHeaders},
      {"amq.match", ExchangeType::kHeaders},
  };
  for (const auto& [exchange, type] : kPredeclared) {
    exchanges_.emplace(exchange,
                       std::make_unique<Exchange>(
                           std::string(exchange),
                           Exchange::Properties{.type = type, .durable = true, .arguments = {}}));
  }
}

VHost::~VHost() = default;

Result<void> VHost::declare_exchange(std::string_view name, Exchange::Properties properties) {
  if (name.empty()) return refuse_default_exchange();
  if (const auto known = exchanges_.find(name); known != exchanges_.end()) {
    const Exchange::Properties& current = known->second->properties();
    const std::string what = describe("exchange", name, name_);
    BB_TRY(check_same_text("type", to_string(properties.type), to_string(current.type), what));
    BB_TRY(check_same_flag("durable", properties.durable, current.durable, what));
    BB_TRY(check_same_flag("auto_delete", properties.auto_delete, current.auto_delete, what));
    BB_TRY(check_same_flag("internal", properties.internal, current.internal, what));
    BB_TRY_ASSIGN(const ValidationPolicy received,
                  validation_policy_in(properties.arguments, what));
    BB_TRY_ASSIGN(const ValidationPolicy asked, validation_policy_in(current.arguments, what));
    BB_TRY(check_same_text(kValidationArgument, to_string(received), to_string(asked), what));
    BB_TRY(check_same_argument(kAlternateExchange, properties.arguments.find(kAlternateExchange),
                               current.arguments.find(kAlternateExchange), what));
    if (known->second->validation() != ValidationPolicy::kOff) BB_TRY(quarantine_of(name));
    return {};
  }
  if (name.starts_with(kReservedPrefix)) return reserved("exchange", name);
  BB_TRY(check_name("exchange", name));
  BB_TRY(check_exchange_arguments(properties.arguments, describe("exchange", name, name_)));
  if (exchanges_.size() >= context_.options.exchanges_max && !context_.restoring) {
    context_.counters.refused.count(Limit::kExchanges);
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format(
            "cannot declare {}: the limit of {} exchanges is reached (bb serve --exchanges-max)",
            describe("exchange", name, name_), context_.options.exchanges_max));
  }
  BB_TRY_ASSIGN(const ValidationPolicy policy, validation_policy(name, properties.arguments));
  // A quarantine of an earlier run is restored with what it keeps, after the exchanges.
  if (policy != ValidationPolicy::kOff && !context_.restoring) BB_TRY(quarantine_of(name));
  const auto made = exchanges_.emplace(
      name, std::make_unique<Exchange>(std::string(name), std::move(properties)));
  made.first->second->set_validation(policy);
  journal_.put(*made.first->second);
  if (policy != ValidationPolicy::kOff) ++validating_exchanges_;
  // A history of an earlier run is restored, too.
  if (is_events_exchange(name) && !context_.restoring) return keep_history();
  return {};
}

Result<Exchange*> VHost::find_exchange(std::string_view name) {
  const auto found = exchanges_.find(name);
  if (found == exchanges_.end()) {
    return fail(ErrorCode::kNotFound, fmt::format("no {}", describe("exchange", name, name_)));
  }
  return found->second.get();
}

Result<void> VHost::delete_exchange(std::string_view name, bool if_unused) {
  if (name.empty()) return refuse_default_exchange();
  if (name.starts_with(kReservedPrefix)) {
    return fail(ErrorCode::kAccessRefused, fmt::format("deletion of system {} not allowed",
                                                       describe("exchange", name, name_)));
  }
  const auto found = exchanges_.find(name);
  if (found == exchanges_.end()) return {};
  Exchange& exchange = *found->second;
  if (if_unused && exchange.binding_count() > 0) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} in use", describe("exchange", name, name_)));
  }
  remove_exchange(exchange);
  return {};
}

Result<Queue*> VHost::declare_queue(std::string_view name, Queue::Properties properties,
                                    ConnectionId connection) {
  if (name.starts_with(kReservedPrefix)) return reserved("queue", name);
  return import_queue(name, std::move(properties), connection);
}

Result<Queue*> VHost::import_queue(std::string_view name, Queue::Properties properties,
                                   ConnectionId connection) {
  if (const auto known = queues_.find(name); known != queues_.end()) {
    BB_TRY_ASSIGN(Queue* const queue, find_queue(name, connection));
    const Queue::Properties& current = queue->properties();
    const std::string what = describe("queue", name, name_);
    BB_TRY(check_same_flag("durable", properties.durable, current.durable, what));
    BB_TRY(check_same_flag("auto_delete", properties.auto_delete, current.auto_delete, what));
    // RabbitMQ answers 405 whichever of the two is the exclusive one.
    if (properties.exclusive_to != current.exclusive_to) return locked(what);
    BB_TRY(check_same_queue_arguments(queue->policy().type, properties.arguments, current.arguments,
                                      what));
    return queue;
  }
  BB_TRY(check_name("queue", name));
  std::string chosen = name.empty() ? context_.names.make("amq.gen-") : std::string(name);
  BB_TRY_ASSIGN(QueuePolicy policy, check_queue(properties, chosen, name_));
  limit_length(policy, properties.arguments, context_.options);
  if (name.empty() && policy.type != QueueType::kClassic) {
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("Cannot declare a server-named queue for type {}", type_name(policy.type)));
  }
  if (queues_.size() >= context_.options.queues_max) {
    context_.counters.refused.count(Limit::kQueues);
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("cannot declare {}: the limit of {} queues is reached (bb serve --queues-max)",
                    describe("queue", chosen, name_), context_.options.queues_max));
  }
  return add_queue(context_.next_queue_id++, std::move(chosen), std::move(properties),
                   std::move(policy));
}

Result<Queue*> VHost::restore_queue(StoredQueue stored) {
  if (queues_.contains(stored.name)) {
    return fail(ErrorCode::kIo,
                fmt::format("{} is stored twice", describe("queue", stored.name, name_)));
  }
  context_.next_queue_id = std::max(context_.next_queue_id, stored.id + 1);
  BB_TRY_ASSIGN(QueuePolicy policy, check_queue(stored.properties, stored.name, name_));
  limit_length(policy, stored.properties.arguments, context_.options);
  return add_queue(stored.id, std::move(stored.name), std::move(stored.properties),
                   std::move(policy));
}

Result<Queue*> VHost::add_queue(QueueId id, std::string name, Queue::Properties properties,
                                QueuePolicy policy) {
  Queue::Ptr queue(
      new Queue(id, name, std::move(properties), context_, std::move(policy), /*owner=*/this));
  if (const ConnectionId owner = queue->properties().exclusive_to; owner != 0) {
    exclusive_queues_.emplace(owner, queue.get());
  }
  if (is_history(*queue)) queue->set_history();
  journal_.put(*queue);
  return queues_.emplace(std::move(name), std::move(queue)).first->second.get();
}

Result<Queue*> VHost::make_reply_queue() {
  if (queues_.size() >= context_.options.queues_max) {
    context_.counters.refused.count(Limit::kQueues);
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("no room for a queue of replies: the limit of {} queues is reached (bb "
                            "serve --queues-max)",
                            context_.options.queues_max));
  }
  return add_queue(context_.next_queue_id++, context_.names.make(fmt::format("{}.", kReplyTo)),
                   {.auto_delete = true, .is_reply_queue = true, .arguments = {}}, {});
}

bool VHost::has_reply_queue(std::string_view name) const {
  const auto found = queues_.find(name);
  return found != queues_.end() && found->second->properties().is_reply_queue;
}

Result<Queue*> VHost::find_queue(std::string_view name, ConnectionId connection) {
  const auto found = queues_.find(name);
  if (found == queues_.end() || found->second->properties().is_reply_queue) {
    return fail(ErrorCode::kNotFound, fmt::format("no {}", describe("queue", name, name_)));
  }
  BB_TRY(check_access(*found->second, connection));
  return found->second.get();
}

Result<void> VHost::check_access(const Queue& queue, ConnectionId connection) const {
  const ConnectionId owner = queue.properties().exclusive_to;
  if (owner == 0 || owner == connection) return {};
  return locked(describe("queue", queue.name(), name_));
}

Result<Queue*> VHost::find_deletable_queue(std::string_view name, ConnectionId connection,
                                           bool if_unused, bool if_empty) {
  if (!queues_.contains(name) || has_reply_queue(name)) return nullptr;
  BB_TRY_ASSIGN(Queue* const queue, find_queue(name, connection));
  if (if_unused && queue->consumer_count() > 0) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} in use", describe("queue", name, name_)));
  }
  if (if_empty && queue->message_count() > 0) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} not empty", describe("queue", name, name_)));
  }
  return queue;
}

Result<void> VHost::check_purge(const Queue& queue) const {
  if (!queue.is_stream()) return {};
  return not_for_streams("queue.purge", describe("queue", queue.name(), name_));
}

void VHost::remove_queue(Queue& queue) {
  const Queue::Ptr keep(&queue);  // callers may hold only a reference
  for (const auto& [key, binding] : queue.bindings()) unbind_from_source(binding, queue);
  if (const ConnectionId owner = queue.properties().exclusive_to; owner != 0) {
    const auto [first, last] = exclusive_queues_.equal_range(owner);
    const auto entry =
        std::find_if(first, last, [&](const auto& owned) { return owned.second == &queue; });
    BB_ASSERT(entry != last);
    exclusive_queues_.erase(entry);
  }
  queues_.erase(queue.name());
  journal_.erase(queue);
  queue.close();
}

void VHost::clear() {
  while (!queues_.empty()) remove_queue(*queues_.begin()->second);
  std::vector<std::string> names;
  for (const auto& [name, exchange] : exchanges_) {
    if (!name.empty() && !name.starts_with(kReservedPrefix)) names.push_back(name);
  }
  for (const std::string& name : names) BB_ASSERT(delete_exchange(name, /*if_unused=*/false));
}

void VHost::connection_closed(ConnectionId connection) {
  for (auto owned = exclusive_queues_.find(connection); owned != exclusive_queues_.end();
       owned = exclusive_queues_.find(connection)) {
    remove_queue(*owned->second);
  }
}

}  // namespace bb::broker
