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

json::object binding_json(const broker::VHost& vhost, const broker::Queue& queue,
                          const Binding& binding) {
  return {{"source", binding.exchange},
          {"vhost", vhost.name()},
          {"destination", queue.name()},
          {"destination_type", "queue"},
          {"routing_key", binding.routing_key},
          {"arguments", broker::to_json(binding.arguments)},
          {"properties_key", properties_key(binding)}};
}

void add_bindings(const broker::VHost& vhost, const broker::Queue& queue, json::array& list) {
  // Every queue is bound to the default exchange by its name.
  list.push_back(binding_json(vhost, queue, {"", queue.name(), {}}));
  for (const auto& [key, binding] : queue.bindings()) {
    list.push_back(binding_json(vhost, queue, binding));
  }
}

// The queue's binding from the exchange with that properties key.
Result<Binding> find_binding(const broker::VHost& vhost, const broker::Queue& queue,
                             std::string_view source, std::string_view key) {
  for (const auto& [index, binding] : queue.bindings()) {
    // The key has escapes of its own; some clients escape it once more, others do not.
    const std::string own = properties_key(binding);
    if (binding.exchange == source && (own == key || own == percent_encode(key))) return binding;
  }
  return fail(ErrorCode::kNotFound,
              fmt::format("no binding '{}' between exchange '{}' and queue '{}' in vhost '{}'", key,
                          source, queue.name(), vhost.name()));
}

struct Ends {
  broker::VHost* vhost;
  std::string_view source;
  const broker::Queue* queue;
};

Result<Ends> ends_of(const ManagementCall& call) {
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  const broker::Queue* const queue = vhost->peek_queue(call.arguments[2]);
  if (queue == nullptr) return no_such(*vhost, "queue", call.arguments[2]);
  return Ends{vhost, exchange_name(call.arguments[1]), queue};
}

Result<void> may_bind(const ManagementCall& call, const Ends& ends) {
  BB_TRY(call.check(Access::kWrite, *ends.vhost, ResourceKind::kQueue, ends.queue->name()));
  return call.check(Access::kRead, *ends.vhost, ResourceKind::kExchange, ends.source);
}

}  // namespace

ManagementResult list_bindings(const ManagementCall& call) {
  json::array list;
  BB_TRY(for_each_vhost(call, [&](const broker::VHost& vhost) {
    vhost.for_each_queue([&](const broker::Queue& queue) { add_bindings(vhost, queue, list); });
  }));
  return json_response(list);
}

ManagementResult list_queue_bindings(const ManagementCall& call) {
  BB_TRY_ASSIGN(const broker::VHost* const vhost, call.vhost(call.arguments[0]));
  const broker::Queue* const queue = vhost->peek_queue(call.arguments[1]);
  if (queue == nullptr) return no_such(*vhost, "queue", call.arguments[1]);
  json::array list;
  add_bindings(*vhost, *queue, list);
  return json_response(list);
}

ManagementResult list_exchange_bindings(const ManagementCall& call) {
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  const std::string_view source = exchange_name(call.arguments[1]);
  BB_TRY(vhost->find_exchange(source));
  json::array list;
  vhost->for_each_queue([&](const broker::Queue& queue) {
    if (source.empty()) list.push_back(binding_json(*vhost, queue, {"", queue.name(), {}}));
    for (const auto& [key, binding] : queue.bindings()) {
      if (binding.exchange == source) list.push_back(binding_json(*vhost, queue, binding));
    }
  });
  return json_response(list);
}

ManagementResult list_bindings_between(const ManagementCall& call) {
  BB_TRY_ASSIGN(const Ends ends, ends_of(call));
  json::array list;
  for (const auto& [key, binding] : ends.queue->bindings()) {
    if (binding.exchange == ends.source) {
      list.push_back(binding_json(*ends.vhost, *ends.queue, binding));
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
  BB_TRY_ASSIGN(broker::Queue* const queue,
                ends.vhost->find_queue(ends.queue->name(), /*connection=*/0));
  BB_TRY(ends.vhost->bind(*queue, ends.source, routing_key, arguments));
  return put_response(/*is_new=*/true);
}

ManagementResult get_binding(const ManagementCall& call) {
  BB_TRY_ASSIGN(const Ends ends, ends_of(call));
  BB_TRY_ASSIGN(const Binding binding,
                find_binding(*ends.vhost, *ends.queue, ends.source, call.arguments[3]));
  return json_response(binding_json(*ends.vhost, *ends.queue, binding));
}

ManagementResult delete_binding(const ManagementCall& call) {
  BB_TRY_ASSIGN(const Ends ends, ends_of(call));
  BB_TRY(may_bind(call, ends));
  BB_TRY_ASSIGN(const Binding binding,
                find_binding(*ends.vhost, *ends.queue, ends.source, call.arguments[3]));
  BB_TRY(ends.vhost->unbind(ends.queue->name(), /*connection=*/0, binding.exchange,
                            binding.routing_key, binding.arguments));
  return no_content();
}

}  // namespace bb::server
