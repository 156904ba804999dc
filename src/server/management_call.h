// What the handlers of the management API are given, and what they answer with.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "broker/broker.h"
#include "registry/service_table.h"
#include "server/http_message.h"
#include "server/http_target.h"

namespace bb::server {

class CorrelationKeeper;

// One request of a user who is logged in, and for whom the path is.
struct ManagementCall {
  broker::Broker& broker;
  registry::ServiceTable& services;
  CorrelationKeeper* correlation;  // nullptr: there is none
  const std::string& user;
  const HttpRequest& request;
  const HttpTarget& target;
  std::vector<std::string> arguments;  // the segments that the route has a * for

  // monitoring and administrator see what is not theirs.
  bool sees_everything() const;
  // Whether the user may know of what is in the vhost.
  bool sees(std::string_view vhost) const;
  // kNotFound, kAccessRefused.
  Result<broker::VHost*> vhost(std::string_view name) const;
  Result<void> check(broker::Access access, const broker::VHost& vhost, broker::ResourceKind kind,
                     std::string_view name) const;
  // The body, or {} for none.
  Result<boost::json::object> body() const;
  bool query_flag(const std::string& name) const;
};

using ManagementResult = Result<HttpResponse>;

HttpResponse json_response(const boost::json::value& value);
// 201 for what is new, 204 for what was there.
HttpResponse put_response(bool is_new);
HttpResponse no_content();
// RabbitMQ's form: {"error": "bad_request", "reason": "..."}.
HttpResponse error_response(unsigned status, std::string_view error, std::string_view reason);
HttpResponse error_response(const Error& error);

// The handlers, by subject. Errors become RabbitMQ's answers.
ManagementResult get_overview(const ManagementCall& call);
ManagementResult get_whoami(const ManagementCall& call);
ManagementResult get_nodes(const ManagementCall& call);
ManagementResult check_alarms(const ManagementCall& call);
ManagementResult get_definitions(const ManagementCall& call);
ManagementResult post_definitions(const ManagementCall& call);
ManagementResult get_vhost_definitions(const ManagementCall& call);
ManagementResult post_vhost_definitions(const ManagementCall& call);

ManagementResult list_vhosts(const ManagementCall& call);
ManagementResult get_vhost(const ManagementCall& call);
ManagementResult put_vhost(const ManagementCall& call);
ManagementResult delete_vhost(const ManagementCall& call);
ManagementResult list_vhost_permissions(const ManagementCall& call);
ManagementResult list_users(const ManagementCall& call);
ManagementResult get_user(const ManagementCall& call);
ManagementResult put_user(const ManagementCall& call);
ManagementResult delete_user(const ManagementCall& call);
ManagementResult list_user_permissions(const ManagementCall& call);
ManagementResult list_permissions(const ManagementCall& call);
ManagementResult get_permissions(const ManagementCall& call);
ManagementResult put_permissions(const ManagementCall& call);
ManagementResult delete_permissions(const ManagementCall& call);

ManagementResult list_queues(const ManagementCall& call);
ManagementResult get_queue(const ManagementCall& call);
ManagementResult put_queue(const ManagementCall& call);
ManagementResult delete_queue(const ManagementCall& call);
ManagementResult purge_queue(const ManagementCall& call);
ManagementResult list_queue_bindings(const ManagementCall& call);
ManagementResult get_messages(const ManagementCall& call);
ManagementResult list_exchanges(const ManagementCall& call);
ManagementResult get_exchange(const ManagementCall& call);
ManagementResult put_exchange(const ManagementCall& call);
ManagementResult delete_exchange(const ManagementCall& call);
ManagementResult list_bindings_from(const ManagementCall& call);
ManagementResult list_bindings_to(const ManagementCall& call);
ManagementResult publish_message(const ManagementCall& call);
ManagementResult list_bindings(const ManagementCall& call);
ManagementResult list_bindings_between(const ManagementCall& call);
ManagementResult post_binding(const ManagementCall& call);
ManagementResult get_binding(const ManagementCall& call);
ManagementResult delete_binding(const ManagementCall& call);

ManagementResult list_connections(const ManagementCall& call);
ManagementResult get_connection(const ManagementCall& call);
ManagementResult delete_connection(const ManagementCall& call);
ManagementResult list_channels(const ManagementCall& call);
ManagementResult list_consumers(const ManagementCall& call);

ManagementResult get_correlation(const ManagementCall& call);
ManagementResult get_event_links(const ManagementCall& call);
ManagementResult get_event_graph(const ManagementCall& call);
ManagementResult post_event_links(const ManagementCall& call);
ManagementResult post_event_bodies(const ManagementCall& call);
ManagementResult list_services(const ManagementCall& call);
ManagementResult put_service(const ManagementCall& call);
ManagementResult delete_service(const ManagementCall& call);

}  // namespace bb::server
