// How queues and exchanges are bound to exchanges, and what goes with a binding.
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "amqp/constants.h"
#include "base/assert.h"
#include "base/try.h"
#include "broker/arguments.h"
#include "broker/vhost.h"

namespace bb::broker {
namespace {

std::string_view kind_of(const Queue&) {
  return "queue";
}

std::string_view kind_of(const Exchange&) {
  return "exchange";
}

}  // namespace

std::unexpected<Error> VHost::refuse_default_exchange() {
  return fail(ErrorCode::kAccessRefused, "operation not permitted on the default exchange");
}

template <class To>
Result<void> VHost::add_binding(Exchange& from, To& to, Binding binding) {
  if (to.binding_list().find(binding) != nullptr) return {};
  if (binding.routing_key.size() > amqp::kShortStringMaxBytes) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("a routing key is longer than {} bytes", amqp::kShortStringMaxBytes));
  }
  if (binding_count_ >= context_.options.bindings_max && !context_.restoring) {
    context_.counters.refused.count(Limit::kBindings);
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("cannot bind {}: the limit of {} bindings is reached (bb serve --bindings-max)",
                    describe(kind_of(to), to.name(), name_), context_.options.bindings_max));
  }
  BB_TRY(from.bind(binding, &to));
  journal_.put(from, binding, to);
  to.binding_list().add(std::move(binding));
  ++binding_count_;
  return {};
}

Result<void> VHost::check_source(std::string_view exchange) {
  if (exchange.empty()) return refuse_default_exchange();
  BB_TRY(find_exchange(exchange));
  return {};
}

Result<void> VHost::bind(Queue& queue, std::string_view exchange, std::string_view routing_key,
                         const amqp::FieldTable& arguments) {
  if (exchange.empty()) return refuse_default_exchange();
  BB_TRY_ASSIGN(Exchange* const from, find_exchange(exchange));
  return add_binding(*from, queue, {from->name(), std::string(routing_key), arguments});
}

Result<void> VHost::bind_exchange(std::string_view destination, std::string_view source,
                                  std::string_view routing_key, const amqp::FieldTable& arguments) {
  if (destination.empty() || source.empty()) return refuse_default_exchange();
  BB_TRY_ASSIGN(Exchange* const from, find_exchange(source));
  BB_TRY_ASSIGN(Exchange* const to, find_exchange(destination));
  return add_binding(*from, *to, {from->name(), std::string(routing_key), arguments});
}

Result<void> VHost::restore_binding(const StoredBinding& stored) {
  const Binding& binding = stored.binding;
  const std::string& name = stored.destination.name;
  if (stored.destination.kind == DestinationKind::kExchange) {
    return bind_exchange(name, binding.exchange, binding.routing_key, binding.arguments);
  }
  const auto queue = queues_.find(name);
  if (queue == queues_.end()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("a stored binding leads to '{}', which is not there", name));
  }
  return bind(*queue->second, binding.exchange, binding.routing_key, binding.arguments);
}

Result<void> VHost::unbind(std::string_view queue, ConnectionId connection,
                           std::string_view exchange, std::string_view routing_key,
                           const amqp::FieldTable& arguments) {
  if (exchange.empty()) return refuse_default_exchange();
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return {};
  Queue& bound = *found->second;
  const Binding binding{std::string(exchange), std::string(routing_key), arguments};
  if (bound.binding_list().find(binding) == nullptr) return {};
  BB_TRY(check_access(bound, connection));
  bound.binding_list().remove(binding);
  unbind_from_source(binding, bound);
  return {};
}

Result<void> VHost::unbind_exchange(std::string_view destination, std::string_view source,
                                    std::string_view routing_key,
                                    const amqp::FieldTable& arguments) {
  if (destination.empty() || source.empty()) return refuse_default_exchange();
  const auto found = exchanges_.find(destination);
  if (found == exchanges_.end()) return {};
  Exchange& bound = *found->second;
  const Binding binding{std::string(source), std::string(routing_key), arguments};
  if (bound.binding_list().find(binding) == nullptr) return {};
  bound.binding_list().remove(binding);
  unbind_from_source(binding, bound);  // which may be the end of `bound`
  return {};
}

template <class To>
void VHost::take_from_source(const Binding& binding, Exchange& from, To& to) {
  from.unbind(binding, &to);
  journal_.erase(from, binding, to);
  --binding_count_;
}

template <class To>
void VHost::unbind_from_source(const Binding& binding, To& to) {
  const auto source = exchanges_.find(binding.exchange);
  BB_ASSERT(source != exchanges_.end());
  Exchange& from = *source->second;
  take_from_source(binding, from, to);
  if (from.unused()) remove_exchange(from);
}
template void VHost::unbind_from_source(const Binding& binding, Queue& to);

template <class To>
void VHost::take_all_from_source(Exchange& from, To& to) {
  std::vector<Binding> gone;
  for (const auto& [key, binding] : to.bindings()) {
    if (binding.exchange == from.name()) gone.push_back(binding);
  }
  for (const Binding& binding : gone) {
    take_from_source(binding, from, to);
    to.binding_list().remove(binding);
  }
}

void VHost::remove_exchange(Exchange& exchange) {
  if (exchange.binding_count() > 0) {
    for (auto& [name, queue] : queues_) take_all_from_source(exchange, *queue);
  }
  if (exchange.binding_count() > 0) {
    for (auto& [name, to] : exchanges_) take_all_from_source(exchange, *to);
  }
  // What leads to it goes, too, and with that maybe more exchanges: a list, for the chain may be
  // long. Nothing leads away from those on it.
  std::vector<Exchange*> gone{&exchange};
  while (!gone.empty()) {
    Exchange& last = *gone.back();
    gone.pop_back();
    for (const auto& [key, binding] : last.bindings()) {
      Exchange& from = *exchanges_.find(binding.exchange)->second;
      take_from_source(binding, from, last);
      if (from.unused()) gone.push_back(&from);
    }
    if (last.validation() != ValidationPolicy::kOff) --validating_exchanges_;
    journal_.erase(last);
    exchanges_.erase(exchanges_.find(last.name()));
  }
}

}  // namespace bb::broker
