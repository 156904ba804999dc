#include "registry/service_rules.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/try.h"

namespace bb::registry {

namespace json = boost::json;
using std::chrono::milliseconds;

std::string_view to_string(ServiceState state) {
  switch (state) {
    case ServiceState::kLive:
      return "live";
    case ServiceState::kLate:
      return "late";
    case ServiceState::kGone:
      return "gone";
    case ServiceState::kStopped:
      return "stopped";
  }
  return "";
}

std::optional<ServiceState> parse_state(std::string_view text) {
  for (const ServiceState state :
       {ServiceState::kLive, ServiceState::kLate, ServiceState::kGone, ServiceState::kStopped}) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

milliseconds heartbeat_interval(const ServiceInstance& instance) {
  return instance.ttl / 3;
}

ServiceState state_of(const ServiceInstance& instance, milliseconds unseen) {
  if (instance.stopped) return ServiceState::kStopped;
  if (unseen > instance.ttl) return ServiceState::kGone;
  return 2 * unseen > instance.ttl ? ServiceState::kLate : ServiceState::kLive;
}

json::object to_json(const RegisteredInstance& registered) {
  json::object object = to_json(registered.instance);
  object["state"] = to_string(registered.state);
  object["unseen_ms"] = registered.unseen.count();
  return object;
}

Result<RegisteredInstance> registered_from_json(const json::object& object) {
  RegisteredInstance registered;
  BB_TRY_ASSIGN(registered.instance, instance_from_json(object));
  const json::value* const state = object.if_contains("state");
  const json::value* const unseen = object.if_contains("unseen_ms");
  if (state == nullptr || !state->is_string() || unseen == nullptr || !unseen->is_int64()) {
    return fail(ErrorCode::kPreconditionFailed, "a service has 'state' and 'unseen_ms'");
  }
  const auto known = parse_state({state->get_string().data(), state->get_string().size()});
  if (!known) return fail(ErrorCode::kPreconditionFailed, "a service has a state of no such name");
  registered.state = *known;
  registered.unseen = milliseconds(std::max<std::int64_t>(unseen->get_int64(), 0));
  return registered;
}

bool is_expired(const RegisteredInstance& registered) {
  return !is_running(registered.state) && registered.instance.expire &&
         registered.unseen > *registered.instance.expire;
}

std::vector<std::size_t> superseded(const std::vector<RegisteredInstance>& instances) {
  std::vector<std::size_t> places;
  if (instances.empty()) return places;
  // One that runs is later than one that stopped in the same millisecond.
  const auto lateness = [](const RegisteredInstance& each) {
    return std::pair(each.unseen, !is_running(each.state));
  };
  const auto seen_last = std::ranges::min_element(instances, {}, lateness);
  for (auto each = instances.begin(); each != instances.end(); ++each) {
    if (each == seen_last || is_running(each->state)) continue;
    if (each->state == ServiceState::kStopped || each->unseen > kGoneToldFor) {
      places.push_back(static_cast<std::size_t>(each - instances.begin()));
    }
  }
  return places;
}

std::vector<Service> services_of(std::vector<RegisteredInstance> instances) {
  std::map<ServiceKey, std::vector<RegisteredInstance>> by_key;
  for (RegisteredInstance& each : instances) {
    by_key[each.instance.key].push_back(std::move(each));
  }
  std::vector<Service> services;
  for (auto& [key, members] : by_key) {
    std::ranges::stable_sort(members, {}, &RegisteredInstance::unseen);
    Service service;
    service.key = key;
    service.state = members.front().state;
    for (const RegisteredInstance& each : members) {
      if (is_running(each.state) && (!is_running(service.state) || each.state < service.state)) {
        service.state = each.state;
      }
    }
    service.instances = std::move(members);
    services.push_back(std::move(service));
  }
  return services;
}

}  // namespace bb::registry
