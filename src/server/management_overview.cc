// The broker as a whole: overview, health, definitions.
#include <unistd.h>

#include <boost/json/array.hpp>
#include <utility>

#include "base/logging.h"
#include "base/try.h"
#include "broker/access_json.h"
#include "broker/definitions.h"
#include "server/management_call.h"
#include "server/queue_totals.h"

namespace bb::server {
namespace {

namespace json = boost::json;

json::array exchange_types() {
  json::array types;
  for (const std::string_view name : {"direct", "fanout", "headers", "topic"}) {
    types.push_back(json::object{{"name", name}, {"enabled", true}});
  }
  return types;
}

ManagementResult import(const ManagementCall& call, std::optional<std::string_view> vhost) {
  BB_TRY_ASSIGN(const json::object body, call.body());
  BB_TRY_ASSIGN(const broker::ImportedDefinitions imported,
                broker::import_definitions(call.broker, body, vhost));
  for (const std::string& part : imported.passed_over) {
    if (part == "global_parameters") continue;  // every export of RabbitMQ has some
    logging::warning("definitions: '{}' were not imported: this broker has none", part);
  }
  if (imported.passed_over.empty()) return no_content();
  json::array passed_over(imported.passed_over.begin(), imported.passed_over.end());
  return json_response(json::object{{"not_imported", std::move(passed_over)}});
}

}  // namespace

ManagementResult get_overview(const ManagementCall& call) {
  const broker::Options& options = call.broker.options();
  const broker::Counters& counters = call.broker.counters();
  const ObjectTotals totals = ObjectTotals::of(call.broker);
  json::object queue_totals;
  totals.messages.write(queue_totals);
  return json_response(json::object{
      {"product_name", options.product},
      {"product_version", options.version},
      {"management_version", options.version},
      {"rabbitmq_version", options.version},
      {"cluster_name", options.cluster_name},
      {"node", options.cluster_name},
      {"exchange_types", exchange_types()},
      {"object_totals", json::object{{"channels", totals.channels},
                                     {"connections", totals.connections},
                                     {"consumers", totals.consumers},
                                     {"exchanges", totals.exchanges},
                                     {"queues", totals.queues}}},
      {"queue_totals", std::move(queue_totals)},
      {"message_stats", json::object{{"publish", counters.published},
                                     {"drop_unroutable", counters.unroutable},
                                     {"deliver_get", counters.delivered},
                                     {"ack", counters.acknowledged}}},
  });
}

ManagementResult get_whoami(const ManagementCall& call) {
  const json::object user = broker::to_json(*call.broker.access().find_user(call.user));
  return json_response(json::object{{"name", call.user}, {"tags", user.at("tags")}});
}

ManagementResult get_nodes(const ManagementCall& call) {
  const broker::Options& options = call.broker.options();
  return json_response(json::array{json::object{
      {"name", options.cluster_name},
      {"type", "disc"},
      {"running", true},
      {"os_pid", std::to_string(::getpid())},
      {"mem_used", call.broker.message_bytes()},
      {"mem_limit", options.memory_bytes_max},
      {"mem_alarm", call.broker.memory_alarm()},
      {"disk_free_alarm", call.broker.disk_alarm()},
      {"partitions", json::array()},
      {"exchange_types", exchange_types()},
  }});
}

ManagementResult check_alarms(const ManagementCall& call) {
  json::array alarms;
  const auto add = [&](std::string_view resource) {
    alarms.push_back(
        json::object{{"node", call.broker.options().cluster_name}, {"resource", resource}});
  };
  if (call.broker.disk_alarm()) add("disk");
  if (call.broker.memory_alarm()) add("memory");
  if (alarms.empty()) return json_response(json::object{{"status", "ok"}});
  HttpResponse response =
      json_response(json::object{{"status", "failed"},
                                 {"reason", "There are alarms in effect in the cluster"},
                                 {"alarms", std::move(alarms)}});
  response.status = 503;
  return response;
}

ManagementResult get_definitions(const ManagementCall& call) {
  BB_TRY_ASSIGN(const json::object definitions, broker::export_definitions(call.broker));
  return json_response(definitions);
}

ManagementResult post_definitions(const ManagementCall& call) {
  return import(call, std::nullopt);
}

ManagementResult get_vhost_definitions(const ManagementCall& call) {
  BB_TRY_ASSIGN(const json::object definitions,
                broker::export_definitions(call.broker, call.arguments[0]));
  return json_response(definitions);
}

ManagementResult post_vhost_definitions(const ManagementCall& call) {
  return import(call, call.arguments[0]);
}

}  // namespace bb::server
