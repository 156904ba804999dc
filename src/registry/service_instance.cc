#include "registry/service_instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/try.h"
#include "client/subscriber.h"

namespace bb::registry {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr std::size_t kNameBytesMax = 255;  // of AMQP's names, and of hosts
constexpr std::size_t kVersionBytesMax = 100;
constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kPatternsMax = 100;
constexpr milliseconds kExpireMax = std::chrono::hours(24 * 365);

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("the member '{}' of a service has to be {}", name, what));
}

Result<std::string> text_of(const json::object& object, std::string_view name, std::size_t least,
                            std::size_t most) {
  const json::value* const value = object.if_contains({name.data(), name.size()});
  const json::string* const text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr || text->size() < least || text->size() > most) {
    return wrong(name, fmt::format("a text of {} to {} bytes", least, most));
  }
  return std::string(text->data(), text->size());
}

Result<std::int64_t> number_of(const json::object& object, std::string_view name,
                               std::int64_t least, std::int64_t most) {
  const json::value* const value = object.if_contains({name.data(), name.size()});
  boost::system::error_code error;
  const std::int64_t number =
      value == nullptr || !value->is_number() ? least - 1 : value->to_number<std::int64_t>(error);
  if (error || number < least || number > most) {
    return wrong(name, fmt::format("a whole number from {} to {}", least, most));
  }
  return number;
}

Result<std::vector<std::string>> patterns_of(const json::object& object) {
  const json::value* const value = object.if_contains("patterns");
  const json::array* const list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr || list->empty() || list->size() > kPatternsMax) {
    return wrong("patterns", fmt::format("a list of 1 to {} texts", kPatternsMax));
  }
  std::vector<std::string> patterns;
  for (const json::value& each : *list) {
    const json::string* const text = each.if_string();
    if (text == nullptr || text->size() > kNameBytesMax) {
      return wrong("patterns", fmt::format("a list of texts of at most {} bytes", kNameBytesMax));
    }
    patterns.emplace_back(text->data(), text->size());
  }
  return patterns;
}

bool is_given(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains({name.data(), name.size()});
  return value != nullptr && !value->is_null();
}

}  // namespace

bool is_service_name(std::string_view name) {
  return !name.empty() && name.size() <= kServiceNameBytesMax &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

std::string ServiceInstance::id() const {
  return fmt::format("{}:{}", host, pid);
}

json::object to_json(const ServiceInstance& instance) {
  json::object object{
      {"name", instance.key.name},
      {"exchange", instance.key.exchange},
      {"vhost", instance.key.vhost},
      {"queue", instance.queue},
      {"patterns", json::array(instance.patterns.begin(), instance.patterns.end())},
      {"host", instance.host},
      {"pid", instance.pid},
      {"version", instance.version},
      {"ttl_ms", instance.ttl.count()},
      {"started_at", format_rfc3339(instance.started_at)},
      {"stopped", instance.stopped},
  };
  if (!instance.health_url.empty()) object["health_url"] = instance.health_url;
  if (instance.expire) object["expire_ms"] = instance.expire->count();
  return object;
}

Result<ServiceInstance> instance_from_json(const json::object& object) {
  ServiceInstance instance;
  BB_TRY_ASSIGN(instance.key.name, text_of(object, "name", 1, kServiceNameBytesMax));
  if (!is_service_name(instance.key.name)) {
    return wrong("name", "letters, digits, '.', '_' and '-'");
  }
  BB_TRY_ASSIGN(instance.key.exchange, text_of(object, "exchange", 1, kNameBytesMax));
  BB_TRY_ASSIGN(instance.key.vhost, text_of(object, "vhost", 1, kNameBytesMax));
  BB_TRY_ASSIGN(instance.queue, text_of(object, "queue", 1, kNameBytesMax));
  if (instance.queue != client::service_queue(instance.key.exchange, instance.key.name)) {
    return wrong("queue", "EXCHANGE.NAME, of the exchange and the name that it has");
  }
  BB_TRY_ASSIGN(instance.patterns, patterns_of(object));
  BB_TRY_ASSIGN(instance.host, text_of(object, "host", 1, kNameBytesMax));
  BB_TRY_ASSIGN(instance.pid, number_of(object, "pid", 1, INT64_MAX));
  BB_TRY_ASSIGN(instance.version, text_of(object, "version", 0, kVersionBytesMax));
  BB_TRY_ASSIGN(const std::int64_t ttl_ms,
                number_of(object, "ttl_ms", kTtlMin.count(), kTtlMax.count()));
  instance.ttl = milliseconds(ttl_ms);
  BB_TRY_ASSIGN(const std::string started, text_of(object, "started_at", 1, 64));
  const auto started_at = parse_rfc3339(started);
  if (!started_at) return wrong("started_at", "a time as of RFC 3339");
  instance.started_at = *started_at;
  if (is_given(object, "stopped")) {
    const json::value& stopped = object.at("stopped");
    if (!stopped.is_bool()) return wrong("stopped", "true or false");
    instance.stopped = stopped.get_bool();
  }
  if (is_given(object, "health_url")) {
    BB_TRY_ASSIGN(instance.health_url, text_of(object, "health_url", 1, kUrlBytesMax));
  }
  if (is_given(object, "expire_ms")) {
    BB_TRY_ASSIGN(const std::int64_t expire_ms,
                  number_of(object, "expire_ms", 1, kExpireMax.count()));
    instance.expire = milliseconds(expire_ms);
  }
  if (json::serialize(to_json(instance)).size() > kRecordBytesMax) {
    return fail(ErrorCode::kContentTooLarge,
                fmt::format("a service's registration has more than {} bytes", kRecordBytesMax));
  }
  return instance;
}

Result<ServiceInstance> parse_instance(std::string_view text) {
  if (text.size() > 2 * kRecordBytesMax) {
    return fail(ErrorCode::kContentTooLarge,
                fmt::format("a service's registration has more than {} bytes", kRecordBytesMax));
  }
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) {
    return fail(ErrorCode::kInvalidJson, "a service's registration is a JSON object");
  }
  return instance_from_json(value.get_object());
}

}  // namespace bb::registry
