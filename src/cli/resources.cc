// The columns and names of each kind of thing that a broker has.
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "bloodbank/time.h"
#include "cli/json_value.h"
#include "cli/resource.h"

namespace bb::cli {
namespace {

namespace json = boost::json;
using Column = Resource::Column;

Column text_column(std::string title, std::string path) {
  return {std::move(title), false, member_cell(std::move(path))};
}

Column number_column(std::string title, std::string path) {
  return {std::move(title), true, member_cell(std::move(path))};
}

// Arguments that a column of their own shows.
std::string queue_features(const json::object& queue) {
  json::object shown = queue;
  if (json::value* const arguments = shown.if_contains("arguments");
      arguments != nullptr && arguments->is_object()) {
    arguments->get_object().erase("x-queue-type");
  }
  std::string text = features_of(shown, {"durable", "auto_delete", "exclusive"});
  const std::string policy = text_at(queue, "policy");
  if (!policy.empty()) text += fmt::format("{}policy={}", text.empty() ? "" : ",", policy);
  return text;
}

// "BB 0.1.0", or the name that the client gave its connection.
std::string client_of(const json::object& connection) {
  const std::string name = text_at(connection, "client_properties.connection_name");
  if (!name.empty()) return name;
  const std::string product = text_at(connection, "client_properties.product");
  const std::string version = text_at(connection, "client_properties.version");
  return version.empty() ? product : fmt::format("{} {}", product, version);
}

std::string connected_at(const json::object& connection) {
  const std::int64_t milliseconds = number_at(connection, "connected_at");
  constexpr std::int64_t kLatest = 9'000'000'000'000;  // far beyond today, within a Timestamp
  if (milliseconds <= 0 || milliseconds > kLatest) return "";
  const std::chrono::milliseconds since(milliseconds);
  return format_rfc3339(Timestamp(std::chrono::floor<std::chrono::seconds>(since)));
}

std::string channel_mode(const json::object& channel) {
  if (text_at(channel, "transactional") == "true") return "tx";
  return text_at(channel, "confirm") == "true" ? "confirm" : "";
}

std::string acknowledgement(const json::object& consumer) {
  return text_at(consumer, "ack_required") == "false" ? "automatic" : "manual";
}

// An array, or from a RabbitMQ before 3.9 a text with commas.
std::string tags_of(const json::object& record) {
  const json::value* const tags = record.if_contains("tags");
  if (tags == nullptr || !tags->is_array()) return text_of(tags);
  std::string text;
  for (const json::value& tag : tags->get_array()) {
    text += (text.empty() ? "" : ",") + text_of(&tag);
  }
  return text;
}

std::string description_of(const json::object& vhost) {
  const std::string description = text_at(vhost, "description");
  return description.empty() ? text_at(vhost, "metadata.description") : description;
}

}  // namespace

Resource queue_resource() {
  Resource resource;
  resource.noun = "queue";
  resource.plural = resource.collection = "queues";
  resource.name_members = resource.sort_members = {"name"};
  resource.columns = {
      text_column("NAME", "name"),
      text_column("TYPE", "type"),
      number_column("MESSAGES", "messages"),
      number_column("READY", "messages_ready"),
      number_column("UNACKED", "messages_unacknowledged"),
      number_column("CONSUMERS", "consumers"),
      {"FEATURES", false, queue_features},
      text_column("STATE", "state"),
  };
  return resource;
}

Resource exchange_resource() {
  Resource resource;
  resource.noun = "exchange";
  resource.plural = resource.collection = "exchanges";
  resource.name_members = resource.sort_members = {"name"};
  resource.empty_name = "amq.default";
  resource.columns = {
      {"NAME", false,
       [](const json::object& exchange) { return exchange_name(text_at(exchange, "name")); }},
      text_column("TYPE", "type"),
      {"FEATURES", false,
       [](const json::object& exchange) {
         return features_of(exchange, {"durable", "auto_delete", "internal"});
       }},
  };
  return resource;
}

Resource binding_resource() {
  Resource resource;
  resource.noun = "queue or exchange with bindings";
  resource.plural = resource.collection = "bindings";
  resource.name_members = {"destination", "source"};
  resource.sort_members = {"source", "destination_type", "destination", "routing_key",
                           "properties_key"};
  resource.has_own_path = false;
  resource.columns = {
      {"SOURCE", false,
       [](const json::object& binding) { return exchange_name(text_at(binding, "source")); }},
      text_column("TO", "destination_type"),
      text_column("DESTINATION", "destination"),
      text_column("ROUTING KEY", "routing_key"),
      {"ARGUMENTS", false, arguments_of},
  };
  resource.filters = {
      {"--source", "EXCHANGE", "source", "Only those from this exchange; '' is the default one"},
      {"--destination", "NAME", "destination", "Only those to this queue or exchange"},
  };
  return resource;
}

Resource connection_resource() {
  Resource resource;
  resource.noun = "connection";
  resource.plural = resource.collection = "connections";
  resource.scope = Resource::Scope::kBroker;
  resource.name_members = resource.sort_members = {"name"};
  resource.columns = {
      text_column("NAME", "name"),   text_column("USER", "user"),
      text_column("STATE", "state"), number_column("CHANNELS", "channels"),
      {"CLIENT", false, client_of},  {"SINCE", false, connected_at},
  };
  resource.filters = {{"--user", "NAME", "user", "Only those of this user"}};
  return resource;
}

Resource channel_resource() {
  Resource resource;
  resource.noun = "channel";
  resource.plural = resource.collection = "channels";
  resource.scope = Resource::Scope::kBroker;
  resource.name_members = resource.sort_members = {"name"};
  resource.columns = {
      text_column("NAME", "name"),
      text_column("USER", "user"),
      text_column("STATE", "state"),
      number_column("CONSUMERS", "consumer_count"),
      number_column("UNACKED", "messages_unacknowledged"),
      number_column("UNCONFIRMED", "messages_unconfirmed"),
      number_column("PREFETCH", "prefetch_count"),
      {"MODE", false, channel_mode},
  };
  resource.filters = {{"--user", "NAME", "user", "Only those of this user"}};
  return resource;
}

Resource consumer_resource() {
  Resource resource;
  resource.noun = "consumer";
  resource.plural = resource.collection = "consumers";
  resource.vhost_member = "queue.vhost";
  resource.name_members = {"consumer_tag"};
  resource.sort_members = {"queue.name", "consumer_tag"};
  resource.has_own_path = false;
  resource.columns = {
      text_column("TAG", "consumer_tag"),
      text_column("QUEUE", "queue.name"),
      text_column("CHANNEL", "channel_details.name"),
      {"ACK", false, acknowledgement},
      number_column("PREFETCH", "prefetch_count"),
      text_column("EXCLUSIVE", "exclusive"),
      text_column("ACTIVE", "active"),
  };
  resource.filters = {{"--queue", "NAME", "queue.name", "Only those of this queue"}};
  return resource;
}

Resource user_resource() {
  Resource resource;
  resource.noun = "user";
  resource.plural = resource.collection = "users";
  resource.scope = Resource::Scope::kGlobal;
  resource.name_members = resource.sort_members = {"name"};
  resource.columns = {
      text_column("NAME", "name"),
      {"TAGS", false, tags_of},
      {"PASSWORD", false,
       [](const json::object& user) {
         return text_at(user, "password_hash").empty() ? "none" : "set";
       }},
  };
  return resource;
}

Resource vhost_resource() {
  Resource resource;
  resource.noun = "vhost";
  resource.plural = resource.collection = "vhosts";
  resource.scope = Resource::Scope::kGlobal;
  resource.name_members = resource.sort_members = {"name"};
  resource.columns = {
      text_column("NAME", "name"),
      number_column("MESSAGES", "messages"),
      {"DESCRIPTION", false, description_of},
  };
  return resource;
}

}  // namespace bb::cli
