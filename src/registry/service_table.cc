#include "registry/service_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/try.h"

namespace bb::registry {
namespace {

namespace json = boost::json;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::int64_t kFormatVersion = 1;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::kCorruptData, fmt::format("no list of services: {}", what));
}

Result<Timestamp> time_of(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return corrupt(fmt::format("no '{}'", name));
  return parse_rfc3339({value->get_string().data(), value->get_string().size()});
}

}  // namespace

RegisteredInstance ServiceTable::registered(const Entry& entry, Timestamp now) {
  const milliseconds unseen =
      std::max(duration_cast<milliseconds>(now - entry.seen_at), milliseconds(0));
  return {entry.instance, state_of(entry.instance, unseen), unseen};
}

Result<ServiceTable> ServiceTable::parse(std::string_view document, Timestamp now,
                                         TableLimits limits) {
  boost::system::error_code error;
  const json::value value = json::parse({document.data(), document.size()}, error);
  if (error || !value.is_object()) return corrupt("it is not a JSON object");
  const json::object& object = value.get_object();
  const json::value* const version = object.if_contains("version");
  if (version == nullptr || !version->is_int64() || version->get_int64() != kFormatVersion) {
    return corrupt("it has no version that this program knows");
  }
  BB_TRY_ASSIGN(const Timestamp saved_at, time_of(object, "saved_at"));
  const json::value* const list = object.if_contains("instances");
  if (list == nullptr || !list->is_array()) return corrupt("no 'instances'");
  ServiceTable table(limits);
  for (const json::value& each : list->get_array()) {
    if (!each.is_object()) return corrupt("an instance is no object");
    Entry entry;
    BB_TRY_ASSIGN(entry.instance, instance_from_json(each.get_object()));
    BB_TRY_ASSIGN(entry.seen_at, time_of(each.get_object(), "last_seen_at"));
    if (is_running(registered(entry, saved_at).state)) entry.seen_at = now;
    const std::string id = entry.instance.id();
    Instances& instances = table.services_[entry.instance.key];
    if (instances.emplace(id, std::move(entry)).second) ++table.size_;
  }
  return table;
}

std::string ServiceTable::document(Timestamp now) const {
  json::array list;
  for (const auto& [key, instances] : services_) {
    for (const auto& [id, entry] : instances) {
      json::object object = to_json(entry.instance);
      object["last_seen_at"] = format_rfc3339(entry.seen_at);
      list.push_back(std::move(object));
    }
  }
  return json::serialize(json::object{{"version", kFormatVersion},
                                      {"saved_at", format_rfc3339(now)},
                                      {"instances", std::move(list)}}) +
         "\n";
}

void ServiceTable::drop_superseded(Instances& instances, Timestamp now) {
  std::vector<RegisteredInstance> told;
  std::vector<std::string> ids;
  for (const auto& [id, entry] : instances) {
    told.push_back(registered(entry, now));
    ids.push_back(id);
  }
  for (const std::size_t place : superseded(told)) {
    instances.erase(ids[place]);
    --size_;
    changed_ = true;
  }
}

// For one more; by dropping the one that has been gone for longest, if there is such a one.
bool ServiceTable::make_room(Instances& instances, Timestamp now) {
  if (instances.size() < limits_.instances_per_service_max && size_ < limits_.instances_max) {
    return true;
  }
  const auto oldest =
      std::ranges::min_element(instances, {}, [](const auto& each) { return each.second.seen_at; });
  if (oldest == instances.end() || is_running(registered(oldest->second, now).state)) return false;
  instances.erase(oldest);
  --size_;
  return true;
}

Result<bool> ServiceTable::put(ServiceInstance instance, Timestamp now) {
  const ServiceKey key = instance.key;
  const std::string id = instance.id();
  const auto [service, is_new] = services_.try_emplace(key);
  Instances& instances = service->second;
  const auto found = instances.find(id);
  if (found != instances.end()) {
    Entry& entry = found->second;
    const bool is_same = entry.instance.started_at == instance.started_at;
    if (is_same && entry.instance.stopped && !instance.stopped) return false;
    if (entry.instance != instance) changed_ = true;
    entry = {std::move(instance), now};
  } else {
    if (!make_room(instances, now)) {
      const std::size_t of_service = instances.size();
      if (is_new) services_.erase(service);
      return fail(ErrorCode::kResourceError,
                  of_service >= limits_.instances_per_service_max
                      ? fmt::format("the service has {} instances already", of_service)
                      : fmt::format("{} instances of services are registered, which is the limit; "
                                    "'bb services remove' removes those that are gone",
                                    size_));
    }
    instances.emplace(id, Entry{std::move(instance), now});
    ++size_;
    changed_ = true;
  }
  drop_superseded(instances, now);
  return is_new;
}

Result<void> ServiceTable::remove(const ServiceKey& key) {
  const auto found = services_.find(key);
  if (found == services_.end()) {
    return fail(ErrorCode::kNotFound, fmt::format("no service '{}' of the exchange '{}' in the "
                                                  "vhost '{}' is registered",
                                                  key.name, key.exchange, key.vhost));
  }
  size_ -= found->second.size();
  services_.erase(found);
  changed_ = true;
  return {};
}

void ServiceTable::expire(Timestamp now) {
  for (auto service = services_.begin(); service != services_.end();) {
    const std::size_t dropped = std::erase_if(service->second, [&](const auto& each) {
      return is_expired(registered(each.second, now));
    });
    size_ -= dropped;
    changed_ = changed_ || dropped > 0;
    service = service->second.empty() ? services_.erase(service) : std::next(service);
  }
}

std::vector<RegisteredInstance> ServiceTable::list(Timestamp now) const {
  std::vector<RegisteredInstance> all;
  for (const auto& [key, instances] : services_) {
    for (const auto& [id, entry] : instances) {
      RegisteredInstance each = registered(entry, now);
      if (!is_expired(each)) all.push_back(std::move(each));
    }
  }
  return all;
}

}  // namespace bb::registry
