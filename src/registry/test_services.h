// For tests: services that are as they should be.
#pragma once

#include <fmt/format.h>

#include <string>

#include "registry/service_instance.h"

namespace bb::registry {

inline Timestamp test_time(std::chrono::milliseconds since = {}) {
  return Timestamp(std::chrono::hours(500'000)) + since;
}

inline ServiceInstance test_instance(std::string name = "svc", std::int64_t pid = 1) {
  ServiceInstance instance;
  instance.key = {"/", "events", name};
  instance.queue = fmt::format("events.{}", name);
  instance.patterns = {"a.#", "b.*"};
  instance.host = "here";
  instance.pid = pid;
  instance.version = "1.2.3";
  instance.ttl = std::chrono::seconds(30);
  instance.started_at = test_time();
  return instance;
}

inline ServiceInstance stopped(ServiceInstance instance) {
  instance.stopped = true;
  return instance;
}

}  // namespace bb::registry
