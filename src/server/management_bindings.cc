// Bindings.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/crc32c.h"
#include "base/try.h"
#include "broker/access_json.h"
#include "broker/json_table.h"
#include "server/management_call.h"
#include "server/management_json.h"

namespace bb::server {
namespace {

namespace json = boost::json;
using broker::Access;
using broker::Binding;
using broker::ResourceKind;

// What tells one binding from the others between the same two: the key, and something of the
// arguments. "~" stands for an empty key without arguments, as in RabbitMQ.
std::string properties_key(const Binding& binding) {
  if (binding.arguments.empty()) {
    return binding.routing_key.empty() ? "~" : percent_encode(binding.routing_key);
  }
  const std::string table = amqp::encode_table_content(binding.arguments);
  return fmt::format("{}~{:08x}", percent_encode(binding.routing_key), crc32c(as_bytes(table)));
}

// What bindings lead to: one of the two.
struct Destination {
  const broker::Queue* queue = nullptr;
  const broker::Exchange* exchange = nullptr;

  std::string_view kind() const { return queue != nullptr ? "queue" : "exchange"; }
  const std::string& name() const { return queue != nullptr ? queue->name() : exchange->name(); }
  const broker::BindingList::Map& bindings() const {
    return queue != nullptr ? queue->bindings() : exchange->bindings();
  }
};

template <class Visit>
void for_each_destination(const broker::VHost& vhost, const Visit& visit) {
  vhost.for_each_queue([&](const broker::Queue& queue) { visit(Destination{.queue = &queue}); });
  vhost.for_each_exchange(
      [&](const broker::Exchange& exchange) { visit(Destination{.exchange = &exchange}); });
}

json::object binding_json(const broker::VHost& vhost, const Destination& destination,
                          const Binding& binding) {
  return {{"source", binding.exchange},
          {"vhost", vhost.name()},
          {"destination", destination.name()},
          {"destination_type", destination.kind()},
          {"routing_key", binding.routing_key},
          {"arguments", broker::to_json(binding.arguments)},
          {"properties_key", properties_key(binding)}};
}

// Every queue is bound to the default exchange by its name.
json::object default_binding_json(const broker::VHost& vhost, const Destination& queue) {
  return binding_json(vhost, queue, {"", queue.name(), {}});
}

void add_bindings(const broker::VHost& vhost, const Destination& destination, json::array& list) {
  if (destination.queue != nullptr) list.push_back(default_binding_json(vhost, destination));
  for (const auto& [key, binding] : destination.bindings()) {
    list.push_back(binding_json(vhost, destination, binding));
  }
}

struct Ends {
  broker::VHost* vhost;
  std::string_view source;
  Destination destination;
};

// The binding between the two with that properties key.
Result<Binding> find_binding(const Ends& ends, std::string_view key) {
  for (const auto& [index, binding] : ends.destination.bindings()) {
    // The key has escapes of its own; some clients escape it once more, others do not.
    const std::string own = properties_key(binding);
    if (binding.exchange == ends.source && (own == key || own == percent_encode(key))) {
      return binding;
    }
  }
  return fail(ErrorCode::kNotFound,
              fmt::format("no binding '{}' between exchange '{}' and {} '{}' in vhost '{}'", key,
                          ends.source, ends.destination.kind(), ends.destination.name(),
                          ends.vhost->name()));
}

// Of a path .../VHOST/e/SOURCE/q/QUEUE or .../VHOST/e/SOURCE/e/EXCHANGE.
Result<Ends> ends_of(const ManagementCall& call) {
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  Ends ends{vhost, exchange_name(call.arguments[1]), {}};
  const std::string& kind = call.arguments[2];
  const std::string& name = call.arguments[3];
  if (kind == "q") {
    ends.destination.queue = vhost->peek_queue(name);
    if (ends.destination.queue == nullptr) return no_such(*vhost, "queue", name);
  } else if (kind == "e") {
    BB_TRY_ASSIGN(ends.destination.exchange, vhost->find_exchange(exchange_name(name)));
  } else {
    return fail(ErrorCode::kNotFound, fmt::format("no bindings to '{}'", kind));
  }
  return ends;
}

Result<void> may_bind(const ManagementCall& call, const Ends& ends) {
  BB_TRY(
      call.check(Access::kWrite, *ends.vhost,
                 ends.destination.queue != nullptr ? ResourceKind::kQueue : ResourceKind::kExchange,
                 ends.destination.name()));
  return call.check(Access::kRead, *ends.vhost, ResourceKind::kExchange, ends.source);
}

}  // namespace

ManagementResult list_bindings(const ManagementCall& call) {
  json::array list;
  BB_TRY(for_each_vhost(call, [&](const broker::VHost& vhost) {
    for_each_destination(
        vhost, [&](const Destination& destination) { add_bindings(vhost, destination, list); });
  }));
  return json_response(list);
}

ManagementResult list_queue_bindings(const ManagementCall& call) {
  BB_TRY_ASSIGN(const broker::VHost* const vhost, call.vhost(call.arguments[0]));
  const broker::Queue* const queue = vhost->peek_queue(call.arguments[1]);
  if (queue == nullptr) return no_such(*vhost, "queue", call.arguments[1]);
  json::array list;
  add_bindings(*vhost, {.queue = queue}, list);
  return json_response(list);
}

ManagementResult list_bindings_from(const ManagementCall& call) {
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  const std::string_view source = exchange_name(call.arguments[1]);
  BB_TRY(vhost->find_exchange(source));
  json::array list;
  for_each_destination(*vhost, [&](const Destination& destination) {
    if (source.empty() && destination.queue != nullptr) {
      list.push_back(default_binding_json(*vhost, destination));
    }
    for (const auto& [key, binding] : destination.bindings()) {
      if (binding.exchange == source) list.push_back(binding_json(*vhost, destination, binding));
    }
  });
  return json_response(list);
}

ManagementResult list_bindings_to(const ManagementCall& call) {
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  BB_TRY_ASSIGN(const broker::Exchange* const exchange,
                vhost->find_exchange(exchange_name(call.arguments[1])));
  json::array list;
  add_bindings(*vhost, {.exchange = exchange}, list);
  return json_response(list);
}

ManagementResult list_bindings_between(const ManagementCall& call) {
  BB_TRY_ASSIGN(const Ends ends, ends_of(call));
  json::array list;
  for (const auto& [key, binding] : ends.destination.bindings()) {
    if (binding.exchange == ends.source) {
      list.push_back(binding_json(*ends.vhost, ends.destination, binding));
    }
  }
  return json_response(list);
}

ManagementResult post_binding(const ManagementCall& call) {
  BB_TRY_ASSIGN(const Ends ends, ends_of(call));
  BB_TRY_ASSIGN(const json::object body, call.body());
  BB_TRY_ASSIGN(const std::string routing_key, broker::text_of(body, "routing_key", ""));
  BB_TRY_ASSIGN(const amqp::FieldTable arguments, arguments_of(body));
  BB_TRY(may_bind(call, ends));
  const std::string& name = ends.destination.name();
  if (ends.destination.exchange != nullptr) {
    BB_TRY(ends.vhost->bind_exchange(name, ends.source, routing_key, arguments));
  } else {
    BB_TRY_ASSIGN(broker::Queue* const queue, ends.vhost->find_queue(name, /*connection=*/0));
    BB_TRY(ends.vhost->bind(*queue, ends.source, routing_key, arguments));
  }
  return put_response(/*is_new=*/true);
}

ManagementResult get_binding(const ManagementCall& call) {
  BB_TRY_ASSIGN(const Ends ends, ends_of(call));
  BB_TRY_ASSIGN(const Binding binding, find_binding(ends, call.arguments[4]));
  return json_response(binding_json(*ends.vhost, ends.destination, binding));
}

ManagementResult delete_binding(const ManagementCall& call) {
  BB_TRY_ASSIGN(const Ends ends, ends_of(call));
  BB_TRY(may_bind(call, ends));
  BB_TRY_ASSIGN(const Binding binding, find_binding(ends, call.arguments[4]));
  const std::string& name = ends.destination.name();
  if (ends.destination.exchange != nullptr) {
    BB_TRY(ends.vhost->unbind_exchange(name, binding.exchange, binding.routing_key,
                                       binding.arguments));
  } else {
    BB_TRY(ends.vhost->unbind(name, /*connection=*/0, binding.exchange, binding.routing_key,
                              binding.arguments));
  }
  return no_content();
}

}  // namespace bb::server
