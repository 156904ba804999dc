#include "broker/definitions.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/try.h"
#include "broker/access_json.h"
#include "broker/json_table.h"

namespace bb::broker {
namespace {

namespace json = boost::json;
using MaybeVHost = std::optional<std::string_view>;

void add_place(json::object& object, const VHost& vhost, const MaybeVHost& only) {
  if (!only) object["vhost"] = vhost.name();
}

void export_topology(const VHost& vhost, const MaybeVHost& only, json::object& out) {
  json::array& bindings = out["bindings"].as_array();
  const auto export_bindings = [&](const auto& to, std::string_view kind) {
    for (const auto& [key, binding] : to.bindings()) {
      json::object bound{{"source", binding.exchange}};
      add_place(bound, vhost, only);
      bound["destination"] = to.name();
      bound["destination_type"] = kind;
      bound["routing_key"] = binding.routing_key;
      bound["arguments"] = to_json(binding.arguments);
      bindings.push_back(std::move(bound));
    }
  };
  json::array& exchanges = out["exchanges"].as_array();
  vhost.for_each_exchange([&](const Exchange& exchange) {
    export_bindings(exchange, "exchange");
    if (exchange.name().empty() || exchange.name().starts_with("amq.")) return;
    json::object object{{"name", exchange.name()}};
    add_place(object, vhost, only);
    object["type"] = to_string(exchange.properties().type);
    object["durable"] = exchange.properties().durable;
    object["auto_delete"] = exchange.properties().auto_delete;
    object["internal"] = exchange.properties().internal;
    object["arguments"] = to_json(exchange.properties().arguments);
    exchanges.push_back(std::move(object));
  });
  json::array& queues = out["queues"].as_array();
  vhost.for_each_queue([&](const Queue& queue) {
    if (queue.properties().exclusive_to != 0) return;
    json::object object{{"name", queue.name()}};
    add_place(object, vhost, only);
    object["durable"] = queue.properties().durable;
    object["auto_delete"] = queue.properties().auto_delete;
    object["arguments"] = to_json(queue.properties().arguments);
    queues.push_back(std::move(object));
    export_bindings(queue, "queue");
  });
}

// Calls `take` with each object of the array under `name`. An error tells which one it was.
template <class Take>
Result<void> for_each_of(const json::object& definitions, std::string_view name, const Take& take) {
  const json::value* const list = definitions.if_contains(name);
  if (list == nullptr) return {};
  if (!list->is_array()) {
    return fail(ErrorCode::kPreconditionFailed, fmt::format("'{}' has to be an array", name));
  }
  std::size_t number = 0;
  for (const json::value& element : list->get_array()) {
    Result<void> taken = fail(ErrorCode::kPreconditionFailed, "not an object");
    if (element.is_object()) taken = take(element.get_object());
    if (!taken) {
      return fail(taken.error().code,
                  fmt::format("{}[{}]: {}", name, number, taken.error().message));
    }
    ++number;
  }
  return {};
}

Result<amqp::FieldTable> arguments_of(const json::object& object) {
  const json::value* const arguments = object.if_contains("arguments");
  if (arguments == nullptr) return amqp::FieldTable{};
  // Some exporters write an empty table as an empty array.
  if (arguments->is_array() && arguments->get_array().empty()) return amqp::FieldTable{};
  if (!arguments->is_object()) {
    return fail(ErrorCode::kPreconditionFailed, "'arguments' has to be an object");
  }
  return table_from_json(arguments->get_object());
}

class Importer {
 public:
  Importer(Broker& broker, MaybeVHost only) : broker_(broker), only_(only) {}

  Result<void> user(const json::object& object) {
    BB_TRY_ASSIGN(const std::string name, text_of(object, "name"));
    User user;
    if (object.contains("password") && !object.contains("password_hash")) {
      // Written by hand: RabbitMQ takes it, too.
      BB_TRY_ASSIGN(const std::string password, text_of(object, "password"));
      BB_TRY_ASSIGN(user.tags, tags_from_json(object));
      user.password = broker_.hash_password(password);
    } else {
      BB_TRY_ASSIGN(user, user_from_json(object));
    }
    return broker_.put_user(name, std::move(user));
  }

  Result<void> vhost(const json::object& object) {
    BB_TRY_ASSIGN(const std::string name, text_of(object, "name"));
    BB_TRY_ASSIGN(VHost::Metadata metadata, vhost_metadata_from_json(object));
    BB_TRY(broker_.put_vhost(name, std::move(metadata)));
    return {};
  }

  Result<void> permission(const json::object& object) {
    BB_TRY_ASSIGN(const std::string user, text_of(object, "user"));
    BB_TRY_ASSIGN(const std::string vhost, text_of(object, "vhost"));
    BB_TRY_ASSIGN(PermissionPatterns patterns, permissions_from_json(object));
    return broker_.put_permissions(user, vhost, std::move(patterns));
  }

  Result<void> exchange(const json::object& object) {
    BB_TRY_ASSIGN(VHost* const vhost, vhost_of(object));
    BB_TRY_ASSIGN(const std::string name, text_of(object, "name"));
    if (vhost->has_exchange(name)) return {};
    BB_TRY_ASSIGN(const std::string type_name, text_of(object, "type"));
    const auto type = parse_exchange_type(type_name);
    if (!type) {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("unknown exchange type '{}'", type_name));
    }
    Exchange::Properties properties;
    properties.type = *type;
    BB_TRY_ASSIGN(properties.durable, flag_of(object, "durable", true));
    BB_TRY_ASSIGN(properties.auto_delete, flag_of(object, "auto_delete", false));
    BB_TRY_ASSIGN(properties.internal, flag_of(object, "internal", false));
    BB_TRY_ASSIGN(properties.arguments, arguments_of(object));
    return vhost->declare_exchange(name, std::move(properties));
  }

  Result<void> queue(const json::object& object) {
    BB_TRY_ASSIGN(VHost* const vhost, vhost_of(object));
    BB_TRY_ASSIGN(const std::string name, text_of(object, "name"));
    if (vhost->has_queue(name)) return {};
    Queue::Properties properties;
    BB_TRY_ASSIGN(properties.durable, flag_of(object, "durable", true));
    BB_TRY_ASSIGN(properties.auto_delete, flag_of(object, "auto_delete", false));
    BB_TRY_ASSIGN(properties.arguments, arguments_of(object));
    BB_TRY(vhost->import_queue(name, std::move(properties)));
    return {};
  }

  Result<void> binding(const json::object& object) {
    BB_TRY_ASSIGN(VHost* const vhost, vhost_of(object));
    BB_TRY_ASSIGN(const std::string source, text_of(object, "source"));
    BB_TRY_ASSIGN(const std::string destination, text_of(object, "destination"));
    BB_TRY_ASSIGN(const std::string kind, text_of(object, "destination_type", "queue"));
    BB_TRY_ASSIGN(const std::string routing_key, text_of(object, "routing_key", ""));
    BB_TRY_ASSIGN(const amqp::FieldTable arguments, arguments_of(object));
    if (kind == "exchange") {
      return vhost->bind_exchange(destination, source, routing_key, arguments);
    }
    if (kind != "queue") {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("unknown destination_type '{}'", kind));
    }
    BB_TRY_ASSIGN(Queue* const queue, vhost->find_queue(destination, /*connection=*/0));
    return vhost->bind(*queue, source, routing_key, arguments);
  }

 private:
  Result<VHost*> vhost_of(const json::object& object) {
    std::string name;
    if (only_) {
      name = *only_;
    } else {
      BB_TRY_ASSIGN(name, text_of(object, "vhost"));
    }
    VHost* const vhost = broker_.find_vhost(name);
    if (vhost == nullptr) return fail(ErrorCode::kNotFound, fmt::format("no vhost '{}'", name));
    return vhost;
  }

  Broker& broker_;
  const MaybeVHost only_;
};

}  // namespace

Result<json::object> export_definitions(Broker& broker, MaybeVHost only) {
  json::object out;
  // RabbitMQ looks for this one.
  out["rabbit_version"] = broker.options().version;
  out["product_name"] = broker.options().product;
  out["product_version"] = broker.options().version;
  if (!only) {
    json::array users;
    for (const auto& [name, user] : broker.access().users()) {
      json::object object = to_json(user);
      object["name"] = name;
      object["limits"] = json::object();
      users.push_back(std::move(object));
    }
    out["users"] = std::move(users);
    json::array vhosts;
    for (const auto& [name, vhost] : broker.vhosts()) {
      json::object object{{"name", name}};
      object["metadata"] = to_json(vhost->metadata());
      vhosts.push_back(std::move(object));
    }
    out["vhosts"] = std::move(vhosts);
    json::array permissions;
    for (const auto& [where, patterns] : broker.access().permissions()) {
      json::object object = to_json(patterns);
      object["user"] = where.second;
      object["vhost"] = where.first;
      permissions.push_back(std::move(object));
    }
    out["permissions"] = std::move(permissions);
    out["topic_permissions"] = json::array();
    out["global_parameters"] = json::array();
  }
  for (const std::string_view name :
       {"parameters", "policies", "queues", "exchanges", "bindings"}) {
    out[name] = json::array();
  }
  if (only) {
    const VHost* const vhost = broker.find_vhost(*only);
    if (vhost == nullptr) return fail(ErrorCode::kNotFound, fmt::format("no vhost '{}'", *only));
    export_topology(*vhost, only, out);
    return out;
  }
  for (const auto& [name, vhost] : broker.vhosts()) export_topology(*vhost, only, out);
  return out;
}

Result<ImportedDefinitions> import_definitions(Broker& broker, const json::object& definitions,
                                               MaybeVHost only) {
  if (only && broker.find_vhost(*only) == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("no vhost '{}'", *only));
  }
  Importer importer(broker, only);
  const auto take = [&](std::string_view name,
                        Result<void> (Importer::*part)(const json::object&)) {
    return for_each_of(definitions, name,
                       [&](const json::object& object) { return (importer.*part)(object); });
  };
  if (!only) {
    BB_TRY(take("users", &Importer::user));
    BB_TRY(take("vhosts", &Importer::vhost));
    BB_TRY(take("permissions", &Importer::permission));
  }
  BB_TRY(take("exchanges", &Importer::exchange));
  BB_TRY(take("queues", &Importer::queue));
  BB_TRY(take("bindings", &Importer::binding));

  ImportedDefinitions imported;
  for (const std::string_view name :
       {"topic_permissions", "policies", "parameters", "global_parameters"}) {
    const json::value* const part = definitions.if_contains(name);
    if (part != nullptr && part->is_array() && !part->get_array().empty()) {
      imported.passed_over.emplace_back(name);
    }
  }
  return imported;
}

}  // namespace bb::broker
