// When a service counts as running, and which of its instances are still worth telling of. Pure:
// time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "registry/service_instance.h"

namespace bb::registry {

enum class ServiceState : std::uint8_t {
  kLive,     // seen within half of its TTL
  kLate,     // a heartbeat is missing
  kGone,     // not seen for longer than its TTL
  kStopped,  // it said that it ends
};

// "live", "late", "gone", "stopped".
std::string_view to_string(ServiceState state);
std::optional<ServiceState> parse_state(std::string_view text);

// Three heartbeats in a TTL: one may be lost without the service being late for long.
std::chrono::milliseconds heartbeat_interval(const ServiceInstance& instance);

// `unseen`: since it was last seen, no less than zero.
ServiceState state_of(const ServiceInstance& instance, std::chrono::milliseconds unseen);

inline bool is_running(ServiceState state) {
  return state == ServiceState::kLive || state == ServiceState::kLate;
}

// An instance as a registry tells of it: the state by the registry's own clock.
struct RegisteredInstance {
  RegisteredInstance() = default;  // no aggregate: see ServiceKey
  RegisteredInstance(ServiceInstance what, ServiceState how, std::chrono::milliseconds since)
      : instance(std::move(what)), state(how), unseen(since) {}

  ServiceInstance instance;
  ServiceState state = ServiceState::kGone;
  std::chrono::milliseconds unseen{0};
};

// {"name": ..., "state": "live", "unseen_ms": 1200}: the instance's members and these two.
boost::json::object to_json(const RegisteredInstance& registered);
// As instance_from_json().
Result<RegisteredInstance> registered_from_json(const boost::json::object& json);

// Not seen for as long as its `expire` says, and not running: to be deregistered.
bool is_expired(const RegisteredInstance& registered);

// Of the instances of one service, those that no longer matter, by their place in the list: the one
// that was seen last stays, whatever its state, so that a service is listed until it is removed or
// expires. Beside it stay those that run, and those that went without a word for
// kGoneToldFor after they were last seen.
inline constexpr std::chrono::milliseconds kGoneToldFor = std::chrono::hours(1);
std::vector<std::size_t> superseded(const std::vector<RegisteredInstance>& instances);

// A service with its instances, the one that was seen last first.
struct Service {
  ServiceKey key;
  ServiceState state = ServiceState::kGone;  // the best of those that run, else that of the first
  std::vector<RegisteredInstance> instances;

  const ServiceInstance& latest() const { return instances.front().instance; }
};

// By vhost, exchange and name.
std::vector<Service> services_of(std::vector<RegisteredInstance> instances);

}  // namespace bb::registry
