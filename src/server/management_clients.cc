// Connections, channels and consumers.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <charconv>

#include "base/try.h"
#include "broker/channel_consumer.h"
#include "broker/json_table.h"
#include "server/management_call.h"

namespace bb::server {
namespace {

namespace json = boost::json;

// Connections that have not opened a vhost yet are nobody's.
bool visible(const ManagementCall& call, const broker::Connection& connection) {
  return !connection.finished() && connection.current_vhost() != nullptr &&
         (call.sees_everything() || connection.user_name() == call.user);
}

// "127.0.0.1:40112" in the two members of these names.
void add_endpoint(json::object& object, const std::string& endpoint, std::string_view host,
                  std::string_view port) {
  const std::size_t colon = std::min(endpoint.rfind(':'), endpoint.size());
  unsigned number = 0;
  std::from_chars(endpoint.data() + std::min(colon + 1, endpoint.size()),
                  endpoint.data() + endpoint.size(), number);
  object[host] = endpoint.substr(0, colon);
  object[port] = number;
}

json::object peer_json(const broker::Connection& connection) {
  json::object object;
  add_endpoint(object, connection.peer().address, "peer_host", "peer_port");
  return object;
}

json::object connection_json(const broker::Connection& connection) {
  json::object object = peer_json(connection);
  object["name"] = connection.name();
  add_endpoint(object, connection.peer().local, "host", "port");
  object["user"] = connection.user_name();
  object["vhost"] = connection.current_vhost()->name();
  object["state"] = !connection.running()  ? "closing"
                    : connection.blocked() ? "blocked"
                                           : "running";
  object["protocol"] = "AMQP 0-9-1";
  object["type"] = "network";
  object["ssl"] = false;
  object["channels"] = connection.channels().size();
  object["channel_max"] = connection.limits().channel_max;
  object["frame_max"] = connection.limits().frame_max_bytes;
  object["timeout"] = connection.limits().heartbeat_seconds;
  object["connected_at"] = connection.connected_at_ms();
  object["recv_oct"] = connection.received_bytes();
  object["send_oct"] = connection.sent_bytes();
  object["client_properties"] = broker::to_json(connection.client_properties());
  return object;
}

std::string channel_name(const broker::Connection& connection, const broker::Channel& channel) {
  return fmt::format("{} ({})", connection.name(), channel.id());
}

json::object channel_json(const broker::Connection& connection, const broker::Channel& channel) {
  json::object details = peer_json(connection);
  details["name"] = connection.name();
  return {{"name", channel_name(connection, channel)},
          {"number", channel.id()},
          {"user", connection.user_name()},
          {"vhost", connection.current_vhost()->name()},
          {"state", "running"},
          {"confirm", channel.confirms()},
          {"transactional", channel.transactional()},
          {"consumer_count", channel.consumer_count()},
          {"messages_uncommitted", channel.uncommitted_publish_count()},
          {"acks_uncommitted", channel.uncommitted_ack_count()},
          {"messages_unacknowledged", channel.unacked().size()},
          {"prefetch_count", channel.consumer_prefetch()},
          {"global_prefetch_count", channel.channel_prefetch()},
          {"connection_details", std::move(details)}};
}

json::object consumer_json(const broker::Connection& connection, const broker::Channel& channel,
                           const broker::ChannelConsumer& consumer) {
  json::object details = peer_json(connection);
  details["name"] = channel_name(connection, channel);
  details["number"] = channel.id();
  details["connection_name"] = connection.name();
  details["user"] = connection.user_name();
  json::object queue{{"name", consumer.queue()->name()},
                     {"vhost", connection.current_vhost()->name()}};
  const bool active = consumer.queue()->is_active(consumer);
  const std::string_view status = !active ? "waiting"
                                  : consumer.queue()->policy().single_active_consumer
                                      ? "single_active"
                                      : "up";
  json::object arguments;
  if (consumer.priority() != 0) arguments["x-priority"] = consumer.priority();
  return {{"consumer_tag", consumer.tag()},
          {"queue", std::move(queue)},
          {"ack_required", !consumer.no_ack()},
          {"exclusive", consumer.queue()->has_exclusive_consumer()},
          {"active", active},
          {"activity_status", status},
          {"prefetch_count", consumer.prefetch()},
          {"arguments", std::move(arguments)},
          {"channel_details", std::move(details)}};
}

Result<broker::Connection*> find_connection(const ManagementCall& call) {
  for (broker::Connection* connection : call.broker.connections()) {
    if (connection->name() == call.arguments[0] && visible(call, *connection)) return connection;
  }
  return fail(ErrorCode::kNotFound, fmt::format("no connection '{}'", call.arguments[0]));
}

}  // namespace

ManagementResult list_connections(const ManagementCall& call) {
  json::array list;
  for (const broker::Connection* connection : call.broker.connections()) {
    if (visible(call, *connection)) list.push_back(connection_json(*connection));
  }
  return json_response(list);
}

ManagementResult get_connection(const ManagementCall& call) {
  BB_TRY_ASSIGN(const broker::Connection* const connection, find_connection(call));
  return json_response(connection_json(*connection));
}

ManagementResult delete_connection(const ManagementCall& call) {
  BB_TRY_ASSIGN(broker::Connection* const connection, find_connection(call));
  connection->close("Closed via management plugin");  // RabbitMQ's words
  return no_content();
}

ManagementResult list_channels(const ManagementCall& call) {
  json::array list;
  for (const broker::Connection* connection : call.broker.connections()) {
    if (!visible(call, *connection)) continue;
    for (const auto& [number, channel] : connection->channels()) {
      list.push_back(channel_json(*connection, *channel));
    }
  }
  return json_response(list);
}

ManagementResult list_consumers(const ManagementCall& call) {
  const std::string* const only = call.arguments.empty() ? nullptr : &call.arguments[0];
  if (only != nullptr) BB_TRY(call.vhost(*only));
  json::array list;
  for (const broker::Connection* connection : call.broker.connections()) {
    if (connection->current_vhost() == nullptr) continue;
    const std::string& vhost = connection->current_vhost()->name();
    if (!call.sees(vhost) || (only != nullptr && vhost != *only)) continue;
    for (const auto& [number, channel] : connection->channels()) {
      for (const auto& [consumer_number, consumer] : channel->consumers()) {
        list.push_back(consumer_json(*connection, *channel, *consumer));
      }
    }
  }
  return json_response(list);
}

}  // namespace bb::server
