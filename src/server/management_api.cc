#include "server/management_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <optional>
#include <span>
#include <utility>

#include "base/base64.h"
#include "base/try.h"
#include "broker/access_json.h"
#include "server/management_call.h"
#include "server/metrics.h"

namespace bb::server {
namespace {

namespace json = boost::json;

// Who a route is for; each may do what those before it may.
enum class Role : std::uint8_t { kAccount, kManagement, kMonitoring, kAdministrator };

struct Route {
  std::string_view method;
  std::string_view path;  // below /api/; * is any segment
  Role role;
  ManagementResult (*handler)(const ManagementCall&);
};

constexpr auto kEveryone = Role::kManagement;
constexpr Route kRoutes[] = {
    {"GET", "overview", kEveryone, get_overview},
    {"GET", "whoami", kEveryone, get_whoami},
    {"GET", "nodes", Role::kMonitoring, get_nodes},
    {"GET", "health/checks/alarms", kEveryone, check_alarms},
    {"GET", "definitions", Role::kAdministrator, get_definitions},
    {"POST", "definitions", Role::kAdministrator, post_definitions},
    {"GET", "definitions/*", Role::kAdministrator, get_vhost_definitions},
    {"POST", "definitions/*", Role::kAdministrator, post_vhost_definitions},
    {"GET", "vhosts", kEveryone, list_vhosts},
    {"GET", "vhosts/*", kEveryone, get_vhost},
    {"PUT", "vhosts/*", Role::kAdministrator, put_vhost},
    {"DELETE", "vhosts/*", Role::kAdministrator, delete_vhost},
    {"GET", "vhosts/*/permissions", Role::kAdministrator, list_vhost_permissions},
    {"GET", "users", Role::kAdministrator, list_users},
    {"GET", "users/*", Role::kAdministrator, get_user},
    {"PUT", "users/*", Role::kAdministrator, put_user},
    {"DELETE", "users/*", Role::kAdministrator, delete_user},
    {"GET", "users/*/permissions", Role::kAdministrator, list_user_permissions},
    {"GET", "permissions", Role::kAdministrator, list_permissions},
    {"GET", "permissions/*/*", Role::kAdministrator, get_permissions},
    {"PUT", "permissions/*/*", Role::kAdministrator, put_permissions},
    {"DELETE", "permissions/*/*", Role::kAdministrator, delete_permissions},
    {"GET", "queues", kEveryone, list_queues},
    {"GET", "queues/*", kEveryone, list_queues},
    {"GET", "queues/*/*", kEveryone, get_queue},
    {"PUT", "queues/*/*", kEveryone, put_queue},
    {"DELETE", "queues/*/*", kEveryone, delete_queue},
    {"DELETE", "queues/*/*/contents", kEveryone, purge_queue},
    {"GET", "queues/*/*/bindings", kEveryone, list_queue_bindings},
    {"POST", "queues/*/*/get", kEveryone, get_messages},
    {"GET", "exchanges", kEveryone, list_exchanges},
    {"GET", "exchanges/*", kEveryone, list_exchanges},
    {"GET", "exchanges/*/*", kEveryone, get_exchange},
    {"PUT", "exchanges/*/*", kEveryone, put_exchange},
    {"DELETE", "exchanges/*/*", kEveryone, delete_exchange},
    {"GET", "exchanges/*/*/bindings/source", kEveryone, list_bindings_from},
    {"GET", "exchanges/*/*/bindings/destination", kEveryone, list_bindings_to},
    {"POST", "exchanges/*/*/publish", kEveryone, publish_message},
    {"GET", "bindings", kEveryone, list_bindings},
    {"GET", "bindings/*", kEveryone, list_bindings},
    {"GET", "bindings/*/e/*/*/*", kEveryone, list_bindings_between},
    {"POST", "bindings/*/e/*/*/*", kEveryone, post_binding},
    {"GET", "bindings/*/e/*/*/*/*", kEveryone, get_binding},
    {"DELETE", "bindings/*/e/*/*/*/*", kEveryone, delete_binding},
    {"GET", "connections", kEveryone, list_connections},
    {"GET", "connections/*", kEveryone, get_connection},
    {"DELETE", "connections/*", kEveryone, delete_connection},
    {"GET", "channels", kEveryone, list_channels},
    {"GET", "consumers", kEveryone, list_consumers},
    {"GET", "consumers/*", kEveryone, list_consumers},
    {"GET", "bloodbank/correlation", kEveryone, get_correlation},
    {"GET", "bloodbank/correlation/*", kEveryone, get_event_links},
    {"GET", "bloodbank/correlation/*/graph", kEveryone, get_event_graph},
    {"POST", "bloodbank/correlation/*/links", kEveryone, post_event_links},
    {"POST", "bloodbank/events", kEveryone, post_event_bodies},
    {"GET", "bloodbank/services", kEveryone, list_services},
    {"GET", "bloodbank/services/*", kEveryone, list_services},
    {"DELETE", "bloodbank/services/*/*/*", kEveryone, delete_service},
    {"PUT", "bloodbank/services/*/*/*/*", Role::kAccount, put_service},
};

// The segments in the places of the *, if the path is one of the route.
std::optional<std::vector<std::string>> match(std::string_view pattern,
                                              std::span<const std::string> segments) {
  std::vector<std::string> arguments;
  for (const std::string& segment : segments) {
    if (pattern.empty()) return std::nullopt;
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    const std::string_view expected = pattern.substr(0, end);
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
    if (expected == "*") {
      arguments.push_back(segment);
    } else if (expected != segment) {
      return std::nullopt;
    }
  }
  if (!pattern.empty()) return std::nullopt;
  return arguments;
}

bool has_role(const broker::User& user, Role role) {
  if (role == Role::kAccount) return true;
  if (user.has_tag("administrator")) return true;
  if (role == Role::kAdministrator) return false;
  if (user.has_tag("monitoring")) return true;
  return role == Role::kManagement && (user.has_tag("management") || user.has_tag("policymaker"));
}

std::optional<broker::Credentials> basic_credentials(std::string_view authorization) {
  static constexpr std::string_view kBasic = "basic ";
  if (authorization.size() < kBasic.size() ||
      !std::ranges::equal(authorization.substr(0, kBasic.size()), kBasic, {}, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      })) {
    return std::nullopt;
  }
  const auto text = decode_base64(authorization.substr(kBasic.size()));
  if (!text) return std::nullopt;
  const std::size_t colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return broker::Credentials{text->substr(0, colon), text->substr(colon + 1)};
}

HttpResponse unauthorized(std::string_view reason) {
  return error_response(401, "not_authorized", reason);
}

HttpResponse lacks_role(Role role) {
  static constexpr std::array<std::string_view, 4> kRoles = {"known", "management", "monitor",
                                                             "administrator"};
  return error_response(401, "not_authorised",
                        fmt::format("Not {} user", kRoles[static_cast<std::size_t>(role)]));
}

HttpResponse route_request(broker::Broker& broker, registry::ServiceTable& services,
                           CorrelationKeeper* correlation, const HttpRequest& request,
                           const HttpTarget& target, const std::string& user_name) {
  const broker::User& user = *broker.access().find_user(user_name);
  const auto segments = std::span(target.segments).subspan(1);
  std::string_view method = request.method;
  if (method == "HEAD") method = "GET";
  bool known_path = false;
  for (const Route& route : kRoutes) {
    auto arguments = match(route.path, segments);
    if (!arguments) continue;
    known_path = true;
    if (route.method != method) continue;
    if (!has_role(user, route.role)) return lacks_role(route.role);
    const ManagementCall call{broker,  services, correlation,          user_name,
                              request, target,   *std::move(arguments)};
    ManagementResult result = route.handler(call);
    return result ? *std::move(result) : error_response(result.error());
  }
  if (!has_role(user, Role::kManagement)) return lacks_role(Role::kManagement);
  if (known_path) return {.status = 405, .content_type = {}, .body = {}};
  return error_response(404, "Object Not Found", "Not Found");
}

}  // namespace

bool ManagementCall::sees_everything() const {
  return has_role(*broker.access().find_user(user), Role::kMonitoring);
}

bool ManagementCall::sees(std::string_view vhost) const {
  return sees_everything() || broker.access().enters(user, vhost);
}

Result<broker::VHost*> ManagementCall::vhost(std::string_view name) const {
  broker::VHost* const found = broker.find_vhost(name);
  if (found == nullptr) return fail(ErrorCode::kNotFound, fmt::format("no vhost '{}'", name));
  if (!sees(name)) {
    return fail(ErrorCode::kAccessRefused, "User not authorised to access virtual host");
  }
  return found;
}

Result<void> ManagementCall::check(broker::Access access, const broker::VHost& vhost,
                                   broker::ResourceKind kind, std::string_view name) const {
  return broker.access().check(user, vhost.name(), access, kind, name);
}

Result<json::object> ManagementCall::body() const {
  return request.body.empty() ? json::object() : broker::parse_object(request.body);
}

bool ManagementCall::query_flag(const std::string& name) const {
  const auto found = target.query.find(name);
  return found != target.query.end() && found->second == "true";
}

HttpResponse json_response(const json::value& value) {
  return {.status = 200, .body = json::serialize(value)};
}

HttpResponse put_response(bool is_new) {
  return {.status = is_new ? 201u : 204u, .body = {}};
}

HttpResponse no_content() {
  return {.status = 204, .body = {}};
}

HttpResponse error_response(unsigned status, std::string_view error, std::string_view reason) {
  json::object object{{"error", error}, {"reason", reason}};
  return {.status = status, .body = json::serialize(object)};
}

HttpResponse error_response(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return error_response(404, "not_found", error.message);
    case ErrorCode::kAccessRefused:
      return error_response(401, "not_authorised", error.message);
    case ErrorCode::kPreconditionFailed:
    case ErrorCode::kInvalidJson:
    case ErrorCode::kUsage:
    case ErrorCode::kResourceLocked:
    case ErrorCode::kNotImplemented:
    case ErrorCode::kCommandInvalid:
      return error_response(400, "bad_request", error.message);
    default:
      return error_response(500, "internal_server_error", error.message);
  }
}

HttpResponse handle_management(broker::Broker& broker, registry::ServiceTable& services,
                               CorrelationKeeper* correlation, const HttpRequest& request) {
  const auto target = parse_target(request.target);
  if (!target) return error_response(target.error());
  const std::vector<std::string>& segments = target->segments;
  const bool is_metrics = segments.size() == 1 && segments[0] == "metrics";
  if (is_metrics && request.peer_is_loopback && request.authorization.empty()) {
    return metrics_response(broker);
  }
  if (!is_metrics && (segments.empty() || segments[0] != "api")) {
    return error_response(404, "Object Not Found", "Not Found");
  }
  const auto credentials = basic_credentials(request.authorization);
  if (!credentials) return unauthorized("Login failed");
  if (!broker.accepts_login(*credentials, request.peer_is_loopback)) {
    HttpResponse refused = unauthorized("Login failed");
    refused.login_refused = true;
    return refused;
  }
  if (is_metrics) {
    const broker::User& user = *broker.access().find_user(credentials->user);
    return has_role(user, Role::kManagement) ? metrics_response(broker)
                                             : lacks_role(Role::kManagement);
  }
  return route_request(broker, services, correlation, request, *target, credentials->user);
}

}  // namespace bb::server
