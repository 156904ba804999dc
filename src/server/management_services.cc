// The registry of services: a path of Bloodbank's own, that RabbitMQ does not have.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <chrono>
#include <utility>

#include "base/try.h"
#include "client/service_names.h"
#include "registry/service_table.h"
#include "server/management_call.h"
#include "server/management_json.h"

namespace bb::server {
namespace {

namespace json = boost::json;
using broker::Access;
using broker::ResourceKind;

// The broker's own clock moves by the second where nothing happens, and a TTL may be shorter.
Timestamp wall_clock() {
  return std::chrono::system_clock::now();
}

registry::ServiceKey key_of(const ManagementCall& call) {
  return {call.arguments[0], call.arguments[1], call.arguments[2]};
}

}  // namespace

ManagementResult list_services(const ManagementCall& call) {
  if (!call.arguments.empty()) BB_TRY(call.vhost(call.arguments[0]));
  json::array list;
  for (const registry::RegisteredInstance& each : call.services.list(wall_clock())) {
    const std::string& vhost = each.instance.key.vhost;
    if (!call.arguments.empty() ? vhost == call.arguments[0] : call.sees(vhost)) {
      list.push_back(registry::to_json(each));
    }
  }
  return json_response(std::move(list));
}

// Who may receive from the service's queue may say that it does.
ManagementResult put_service(const ManagementCall& call) {
  BB_TRY_ASSIGN(registry::ServiceInstance instance, registry::parse_instance(call.request.body));
  BB_TRY(client::check_service_name(instance.key.name));
  if (instance.key != key_of(call) || instance.id() != call.arguments[3]) {
    return fail(ErrorCode::kPreconditionFailed,
                "vhost, exchange, name, host and pid differ from those of the path");
  }
  broker::VHost* const vhost = call.broker.find_vhost(instance.key.vhost);
  if (vhost == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("no vhost '{}'", instance.key.vhost));
  }
  BB_TRY(call.check(Access::kRead, *vhost, ResourceKind::kQueue, instance.queue));
  auto is_new = call.services.put(std::move(instance), wall_clock());
  if (!is_new && is_new.error().code == ErrorCode::kResourceError) {
    return error_response(429, "too_many_services", is_new.error().message);
  }
  if (!is_new) return fail(std::move(is_new).error());
  return put_response(*is_new);
}

// Who may delete the service's queue may remove the service, which leaves the queue alone.
ManagementResult delete_service(const ManagementCall& call) {
  const registry::ServiceKey key = key_of(call);
  BB_TRY_ASSIGN(const broker::VHost* const vhost, call.vhost(key.vhost));
  for (const registry::RegisteredInstance& each : call.services.list(wall_clock())) {
    if (each.instance.key != key) continue;
    BB_TRY(call.check(Access::kConfigure, *vhost, ResourceKind::kQueue, each.instance.queue));
  }
  BB_TRY(call.services.remove(key));
  return no_content();
}

}  // namespace bb::server
