#include "cli/service_listing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <chrono>
#include <set>
#include <utility>

#include "bloodbank/time.h"
#include "cli/duration.h"
#include "cli/json_value.h"
#include "cli/record_text.h"
#include "cli/table.h"

namespace bb::cli {
namespace {

namespace json = boost::json;
using registry::RegisteredInstance;
using registry::Service;
using std::chrono::milliseconds;

std::optional<std::int64_t> whole(const json::object& object, std::string_view path) {
  const json::value* const value = find_member(object, path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return number_at(object, path);
}

std::optional<double> real(const json::object& object, std::string_view path) {
  const json::value* const value = find_member(object, path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<double>(error);
  if (error) return std::nullopt;
  return number;
}

template <class T>
json::value json_of(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

// To three digits or so: "1.2s", "3.4m", "12.1h".
std::string age_text(milliseconds age) {
  const auto to = [&](milliseconds unit) { return age / unit * unit; };
  if (age >= std::chrono::hours(1)) return format_duration(to(std::chrono::minutes(6)));
  if (age >= std::chrono::minutes(1)) return format_duration(to(std::chrono::seconds(6)));
  if (age >= std::chrono::seconds(1)) return format_duration(to(milliseconds(100)));
  return format_duration(age);
}

std::string age_text(const std::optional<std::int64_t>& age_ms) {
  return age_ms ? age_text(milliseconds(*age_ms)) : "";
}

std::string number_text(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "";
}

std::string rate_text(const std::optional<double>& rate) {
  return rate ? fmt::format("{:.1f}/s", *rate) : "";
}

const Health* health_of(const ListedService& listed, const RegisteredInstance& instance) {
  if (listed.health == nullptr || instance.instance.health_url.empty()) return nullptr;
  const auto found = listed.health->find(instance.instance.health_url);
  return found == listed.health->end() ? nullptr : &found->second;
}

json::object to_json(const ListedService& listed, const RegisteredInstance& instance) {
  json::object object = registry::to_json(instance);
  for (const char* const of_service : {"name", "exchange", "vhost", "queue"}) {
    object.erase(of_service);
  }
  if (const Health* const health = health_of(listed, instance)) {
    object["health"] =
        json::object{{"ok", health->ok}, {"status", health->status}, {"error", health->error}};
  }
  return object;
}

void add_queue(json::object& object, const ListedService& listed) {
  const QueueFigures figures = listed.queue.value_or(QueueFigures{});
  object["messages"] = json_of(figures.messages);
  object["messages_ready"] = json_of(figures.ready);
  object["messages_unacknowledged"] = json_of(figures.unacked);
  object["consumers"] = json_of(figures.consumers);
  object["ack_rate"] = json_of(figures.ack_rate);
  object["deliver_rate"] = json_of(figures.deliver_rate);
  object["lag_ms"] = json_of(figures.lag_ms);
  object["oldest_unacked_ms"] = json_of(figures.oldest_unacked_ms);
}

std::string seen_text(const Service& service) {
  return age_text(service.instances.front().unseen) + " ago";
}

}  // namespace

QueueFigures figures_of(const json::object& queue, std::int64_t wall_ms) {
  QueueFigures figures;
  figures.messages = whole(queue, "messages");
  figures.ready = whole(queue, "messages_ready");
  figures.unacked = whole(queue, "messages_unacknowledged");
  figures.consumers = whole(queue, "consumers");
  figures.ack_rate = real(queue, "message_stats.ack_details.rate");
  figures.deliver_rate = real(queue, "message_stats.deliver_get_details.rate");
  figures.lag_ms = whole(queue, "oldest_ready_age_ms");
  figures.oldest_unacked_ms = whole(queue, "oldest_unacked_age_ms");
  const auto head_s = whole(queue, "head_message_timestamp");
  if (!figures.lag_ms && head_s && figures.messages.value_or(0) > 0) {
    figures.lag_ms = std::max<std::int64_t>(wall_ms - *head_s * 1000, 0);
  }
  return figures;
}

std::string health_text(const ListedService& listed) {
  std::size_t asked = 0;
  std::size_t well = 0;
  for (const RegisteredInstance& each : listed.service.instances) {
    const Health* const health = health_of(listed, each);
    if (health == nullptr) continue;
    ++asked;
    if (health->ok) ++well;
  }
  if (asked == 0) return "";
  if (well == asked) return "ok";
  return well == 0 ? "failing" : fmt::format("{}/{} ok", well, asked);
}

std::string running_text(const Service& service) {
  const auto running = std::ranges::count_if(
      service.instances, [](const auto& each) { return registry::is_running(each.state); });
  return fmt::format("{}/{}", running, service.instances.size());
}

json::object to_json(const ListedService& listed) {
  const Service& service = listed.service;
  const registry::ServiceInstance& latest = service.latest();
  json::object object{
      {"name", service.key.name},
      {"exchange", service.key.exchange},
      {"vhost", service.key.vhost},
      {"queue", latest.queue},
      {"state", registry::to_string(service.state)},
      {"patterns", json::array(latest.patterns.begin(), latest.patterns.end())},
      {"unseen_ms", service.instances.front().unseen.count()},
  };
  const std::string health = health_text(listed);
  object["health"] = health.empty() ? json::value(nullptr) : json::value(health);
  add_queue(object, listed);
  json::array instances;
  for (const RegisteredInstance& each : service.instances) {
    instances.push_back(to_json(listed, each));
  }
  object["instances"] = std::move(instances);
  return object;
}

std::string render_services(const std::vector<ListedService>& services, bool with_vhost,
                            bool colour) {
  std::set<std::string> exchanges;
  for (const ListedService& each : services) exchanges.insert(each.service.key.exchange);
  const bool with_exchange = exchanges.size() > 1;
  Table table;
  table.columns = {{"NAME"},       {"STATE"},     {"RUNNING", true},        {"DEPTH", true},
                   {"RATE", true}, {"LAG", true}, {"OLDEST UNACKED", true}, {"HEALTH"},
                   {"SEEN", true}, {"PATTERNS"}};
  if (with_exchange) table.columns.insert(table.columns.begin() + 1, {"EXCHANGE"});
  if (with_vhost) table.columns.insert(table.columns.begin() + 1, {"VHOST"});
  for (const ListedService& each : services) {
    const QueueFigures figures = each.queue.value_or(QueueFigures{});
    const Service& service = each.service;
    std::vector<std::string> row{
        service.key.name,
        std::string(registry::to_string(service.state)),
        running_text(service),
        each.queue_missing ? "no queue" : number_text(figures.messages),
        rate_text(figures.ack_rate),
        age_text(figures.lag_ms),
        age_text(figures.oldest_unacked_ms),
        health_text(each),
        seen_text(service),
        fmt::format("{}", fmt::join(service.latest().patterns, " ")),
    };
    if (with_exchange) row.insert(row.begin() + 1, service.key.exchange);
    if (with_vhost) row.insert(row.begin() + 1, service.key.vhost);
    table.rows.push_back(std::move(row));
  }
  return render_table(table, colour);
}

std::string render_service(const ListedService& listed, bool colour) {
  json::object record = to_json(listed);
  record.erase("instances");
  record["patterns"] = fmt::format("{}", fmt::join(listed.service.latest().patterns, " "));
  if (listed.queue_missing) record["queue"] = listed.service.latest().queue + " (it is not there)";
  std::string text = render_record(record, OutputFormat::kText) + "\n";
  Table table;
  table.columns = {{"HOST"},    {"PID", true}, {"STATE"},        {"SEEN", true}, {"STARTED"},
                   {"VERSION"}, {"TTL", true}, {"EXPIRE", true}, {"HEALTH"}};
  for (const RegisteredInstance& each : listed.service.instances) {
    const registry::ServiceInstance& instance = each.instance;
    const Health* const health = health_of(listed, each);
    const auto started =
        std::chrono::floor<std::chrono::seconds>(instance.started_at);  // for people
    table.rows.push_back({
        instance.host,
        std::to_string(instance.pid),
        std::string(registry::to_string(each.state)),
        age_text(each.unseen) + " ago",
        format_rfc3339(started),
        instance.version,
        format_duration(instance.ttl),
        instance.expire ? format_duration(*instance.expire) : "never",
        health == nullptr
            ? instance.health_url
            : fmt::format("{} {}", instance.health_url, health->ok ? "ok" : health->error),
    });
  }
  return text + render_table(table, colour);
}

}  // namespace bb::cli
