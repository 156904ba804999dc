// A process that runs a service, as it registers itself; docs/formats/services.md has the JSON.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "bloodbank/time.h"

namespace bb::registry {

// What makes a service one: the queue `<exchange>.<name>` in a vhost is its own.
struct ServiceKey {
  ServiceKey() = default;  // no aggregate: g++ 12 destroys those of a co_await expression twice
  ServiceKey(std::string in_vhost, std::string of_exchange, std::string called)
      : vhost(std::move(in_vhost)), exchange(std::move(of_exchange)), name(std::move(called)) {}

  std::string vhost;
  std::string exchange;
  std::string name;

  friend auto operator<=>(const ServiceKey&, const ServiceKey&) = default;
};

inline constexpr std::size_t kRecordBytesMax = 16 * 1024;  // of an instance as JSON
inline constexpr std::size_t kServiceNameBytesMax = 100;
inline constexpr std::chrono::milliseconds kTtlMin{500};
inline constexpr std::chrono::milliseconds kTtlMax = std::chrono::hours(24);
inline constexpr std::chrono::milliseconds kTtlDefault{30'000};

// Letters, digits, '.', '_' and '-', 1 to kServiceNameBytesMax of them: it is part of the names of
// a queue and of a file.
bool is_service_name(std::string_view name);

struct ServiceInstance {
  ServiceInstance() = default;

  // "host:pid": which of the service's processes.
  std::string id() const;

  ServiceKey key;
  std::string queue;
  std::vector<std::string> patterns;
  std::string host;
  std::int64_t pid = 0;
  std::string version;     // of the program
  std::string health_url;  // empty for none
  std::chrono::milliseconds ttl = kTtlDefault;
  // Deregistered once it was not seen for so long; nullopt: never by itself.
  std::optional<std::chrono::milliseconds> expire;
  Timestamp started_at{};  // by the clock of its machine
  bool stopped = false;    // it ended in order

  friend bool operator==(const ServiceInstance&, const ServiceInstance&) = default;
};

boost::json::object to_json(const ServiceInstance& instance);

// kPreconditionFailed names the member that is missing, of another type or out of its bounds.
// Members that it does not know are passed over.
Result<ServiceInstance> instance_from_json(const boost::json::object& json);

// One document that is an object. kInvalidJson; kContentTooLarge above kRecordBytesMax.
Result<ServiceInstance> parse_instance(std::string_view text);

}  // namespace bb::registry
