// Vhosts, users and permissions.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "base/try.h"
#include "broker/access_json.h"
#include "server/management_call.h"
#include "server/queue_totals.h"

namespace bb::server {
namespace {

namespace json = boost::json;

json::object vhost_json(const ManagementCall& call, const broker::VHost& vhost) {
  json::object object{{"name", vhost.name()}};
  const json::object metadata = broker::to_json(vhost.metadata());
  object["description"] = metadata.at("description");
  object["tags"] = metadata.at("tags");
  object["metadata"] = metadata;
  object["tracing"] = false;
  object["cluster_state"] = json::object{{call.broker.options().cluster_name, "running"}};
  QueueTotals totals;
  const UnackedByQueue unacked(call.broker);
  vhost.for_each_queue([&](const broker::Queue& queue) { totals.add(queue, unacked); });
  totals.write(object);
  return object;
}

json::object user_json(std::string_view name, const broker::User& user) {
  json::object object{{"name", name}};
  for (const auto& member : broker::to_json(user)) object[member.key()] = member.value();
  object["limits"] = json::object();
  return object;
}

json::object permission_json(const broker::AccessControl::VHostAndUser& where,
                             const broker::PermissionPatterns& patterns) {
  json::object object{{"user", where.second}, {"vhost", where.first}};
  for (const auto& member : broker::to_json(patterns)) object[member.key()] = member.value();
  return object;
}

template <class Wanted>
HttpResponse permissions_where(const ManagementCall& call, const Wanted& wanted) {
  json::array list;
  for (const auto& [where, patterns] : call.broker.access().permissions()) {
    if (wanted(where)) list.push_back(permission_json(where, patterns));
  }
  return json_response(list);
}

std::unexpected<Error> no_user(std::string_view name) {
  return fail(ErrorCode::kNotFound, fmt::format("no user '{}'", name));
}

}  // namespace

ManagementResult list_vhosts(const ManagementCall& call) {
  json::array list;
  for (const auto& [name, vhost] : call.broker.vhosts()) {
    if (call.sees(name)) list.push_back(vhost_json(call, *vhost));
  }
  return json_response(list);
}

ManagementResult get_vhost(const ManagementCall& call) {
  BB_TRY_ASSIGN(const broker::VHost* const vhost, call.vhost(call.arguments[0]));
  return json_response(vhost_json(call, *vhost));
}

ManagementResult put_vhost(const ManagementCall& call) {
  const std::string& name = call.arguments[0];
  BB_TRY_ASSIGN(const json::object body, call.body());
  const broker::VHost* const known = call.broker.find_vhost(name);
  broker::VHost::Metadata metadata;
  if (known != nullptr) metadata = known->metadata();
  BB_TRY_ASSIGN(broker::VHost::Metadata given, broker::vhost_metadata_from_json(body));
  if (body.contains("description")) metadata.description = std::move(given.description);
  if (body.contains("tags")) metadata.tags = std::move(given.tags);
  BB_TRY(call.broker.put_vhost(name, std::move(metadata)));
  // As RabbitMQ does: who makes one may use it.
  if (known == nullptr) {
    BB_TRY(call.broker.put_permissions(call.user, name, {".*", ".*", ".*"}));
  }
  return put_response(known == nullptr);
}

ManagementResult delete_vhost(const ManagementCall& call) {
  BB_TRY(call.broker.delete_vhost(call.arguments[0]));
  return no_content();
}

ManagementResult list_vhost_permissions(const ManagementCall& call) {
  BB_TRY(call.vhost(call.arguments[0]));
  return permissions_where(call,
                           [&](const auto& where) { return where.first == call.arguments[0]; });
}

namespace {

// Without one nobody could make another, with whatever tool.
Result<void> check_not_last_administrator(const ManagementCall& call, const std::string& name) {
  const auto& users = call.broker.access().users();
  const auto is_administrator = [](const auto& entry) {
    return entry.second.has_tag("administrator");
  };
  const auto found = users.find(name);
  if (found == users.end() || !is_administrator(*found) ||
      std::ranges::count_if(users, is_administrator) > 1) {
    return {};
  }
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("'{}' is the last user with the tag 'administrator', and nobody could "
                          "manage this broker without: give the tag to another user first",
                          name));
}

}  // namespace

ManagementResult list_users(const ManagementCall& call) {
  json::array list;
  for (const auto& [name, user] : call.broker.access().users()) {
    list.push_back(user_json(name, user));
  }
  return json_response(list);
}

ManagementResult get_user(const ManagementCall& call) {
  const std::string& name = call.arguments[0];
  const broker::User* const user = call.broker.access().find_user(name);
  if (user == nullptr) return no_user(name);
  return json_response(user_json(name, *user));
}

ManagementResult put_user(const ManagementCall& call) {
  const std::string& name = call.arguments[0];
  BB_TRY_ASSIGN(json::object body, call.body());
  if (!body.contains("tags")) return error_response(400, "bad_request", "tags_not_present");
  const bool is_new = call.broker.access().find_user(name) == nullptr;
  broker::User user;
  BB_TRY_ASSIGN(user.tags, broker::tags_from_json(body));
  if (body.contains("password")) {
    BB_TRY_ASSIGN(const std::string password, broker::text_of(body, "password"));
    user.password = call.broker.hash_password(password);
  } else if (body.contains("password_hash")) {
    BB_TRY_ASSIGN(user, broker::user_from_json(body));
  }
  if (!user.has_tag("administrator")) BB_TRY(check_not_last_administrator(call, name));
  BB_TRY(call.broker.put_user(name, std::move(user)));
  return put_response(is_new);
}

ManagementResult delete_user(const ManagementCall& call) {
  BB_TRY(check_not_last_administrator(call, call.arguments[0]));
  BB_TRY(call.broker.delete_user(call.arguments[0]));
  return no_content();
}

ManagementResult list_user_permissions(const ManagementCall& call) {
  const std::string& name = call.arguments[0];
  if (call.broker.access().find_user(name) == nullptr) return no_user(name);
  return permissions_where(call, [&](const auto& where) { return where.second == name; });
}

ManagementResult list_permissions(const ManagementCall& call) {
  return permissions_where(call, [](const auto&) { return true; });
}

ManagementResult get_permissions(const ManagementCall& call) {
  const std::string& vhost = call.arguments[0];
  const std::string& user = call.arguments[1];
  const auto* const patterns = call.broker.access().find_permissions(user, vhost);
  if (patterns == nullptr) return fail(ErrorCode::kNotFound, "no permissions");
  return json_response(permission_json({vhost, user}, *patterns));
}

ManagementResult put_permissions(const ManagementCall& call) {
  const std::string& vhost = call.arguments[0];
  const std::string& user = call.arguments[1];
  BB_TRY_ASSIGN(const json::object body, call.body());
  BB_TRY_ASSIGN(broker::PermissionPatterns patterns, broker::permissions_from_json(body));
  if (call.broker.find_vhost(vhost) == nullptr || call.broker.access().find_user(user) == nullptr) {
    return error_response(400, "bad_request", "vhost_or_user_not_found");
  }
  const bool is_new = !call.broker.access().enters(user, vhost);
  BB_TRY(call.broker.put_permissions(user, vhost, std::move(patterns)));
  return put_response(is_new);
}

ManagementResult delete_permissions(const ManagementCall& call) {
  const std::string& vhost = call.arguments[0];
  const std::string& user = call.arguments[1];
  if (!call.broker.access().enters(user, vhost)) {
    return fail(ErrorCode::kNotFound, "no permissions");
  }
  call.broker.delete_permissions(user, vhost);
  return no_content();
}

}  // namespace bb::server
