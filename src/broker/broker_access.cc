// Vhosts and users: what is made, changed and deleted while the broker runs.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <utility>

#include "amqp/constants.h"
#include "base/assert.h"
#include "base/try.h"
#include "broker/access_json.h"
#include "broker/broker.h"

namespace bb::broker {
namespace {

constexpr std::string_view kDefaultVHost = "/";
constexpr std::string_view kDefaultUser = "guest";
constexpr std::string_view kDefaultPassword = "guest";
constexpr std::string_view kEverything = ".*";

}  // namespace

void Broker::make_defaults() {
  const std::string everything(kEverything);
  const bool tells = !std::exchange(context_.restoring, true);
  const auto make_vhost = [this] {
    return put_vhost(kDefaultVHost, {.description = "Default virtual host", .tags = {}})
        .has_value();
  };
  bool made = make_vhost();
  context_.restoring = !tells;
  made = made &&
         put_user(kDefaultUser,
                  {.password = hash_password(kDefaultPassword), .tags = {"administrator"}})
             .has_value() &&
         put_permissions(kDefaultUser, kDefaultVHost, {everything, everything, everything})
             .has_value();
  // The storage is told of the vhost last: by it a later start knows that the others are there.
  made = made && make_vhost();
  BB_ASSERT(made);
}

VHost* Broker::find_vhost(std::string_view name) {
  const auto found = vhosts_.find(name);
  return found == vhosts_.end() ? nullptr : found->second.get();
}

Result<VHost*> Broker::put_vhost(std::string_view name, VHost::Metadata metadata) {
  if (name.empty() || name.size() > amqp::kShortStringMaxBytes) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("a vhost's name has 1 to {} bytes", amqp::kShortStringMaxBytes));
  }
  VHost* vhost = find_vhost(name);
  if (vhost == nullptr) {
    if (vhosts_.size() >= context_.options.vhosts_max && !context_.restoring) {
      count_refusal(Limit::kVhosts);
      return fail(
          ErrorCode::kPreconditionFailed,
          fmt::format(
              "cannot create vhost '{}': the limit of {} vhosts is reached (bb serve --vhosts-max)",
              name, context_.options.vhosts_max));
    }
    auto made = std::make_unique<VHost>(std::string(name), context_);
    vhost = vhosts_.emplace(name, std::move(made)).first->second.get();
  }
  keep(vhost_key(name), to_json(metadata));
  vhost->set_metadata(std::move(metadata));
  return vhost;
}

Result<void> Broker::delete_vhost(std::string_view name) {
  const auto found = vhosts_.find(name);
  if (found == vhosts_.end()) {
    return fail(ErrorCode::kNotFound, fmt::format("no vhost '{}'", name));
  }
  VHost& vhost = *found->second;
  close_connections([&](const Connection& connection) { return connection.vhost_ == &vhost; },
                    fmt::format("vhost '{}' is deleted", name));
  for (Connection* connection : connections_) {
    if (connection->vhost_ == &vhost) connection->vhost_ = nullptr;
  }
  vhost.clear();
  for (const auto& [where, patterns] : context_.access.permissions()) {
    if (where.first == name) forget(permission_key(where.first, where.second));
  }
  context_.access.erase_vhost(name);
  forget(vhost_key(name));
  vhosts_.erase(found);
  check_memory();
  return {};
}

Result<void> Broker::put_user(std::string_view name, User user) {
  const boost::json::object json = to_json(user);
  if (auto put = context_.access.put_user(name, std::move(user)); !put) {
    if (context_.access.users().size() >= context_.options.users_max) count_refusal(Limit::kUsers);
    return put;
  }
  keep(user_key(name), json);
  return {};
}

Result<void> Broker::delete_user(std::string_view name) {
  const std::string gone(name);  // it may be the connection's
  if (context_.access.find_user(gone) == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("no user '{}'", gone));
  }
  for (const auto& [where, patterns] : context_.access.permissions()) {
    if (where.second == gone) forget(permission_key(where.first, where.second));
  }
  forget(user_key(gone));
  context_.access.erase_user(gone);
  close_connections([&](const Connection& connection) { return connection.user_ == gone; },
                    fmt::format("user '{}' is deleted", gone));
  return {};
}

Result<void> Broker::put_permissions(std::string_view user, std::string_view vhost,
                                     PermissionPatterns patterns) {
  if (find_vhost(vhost) == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("no vhost '{}'", vhost));
  }
  const boost::json::object json = to_json(patterns);
  BB_TRY(context_.access.put_permissions(user, vhost, std::move(patterns)));
  keep(permission_key(vhost, user), json);
  return {};
}

void Broker::delete_permissions(std::string_view user, std::string_view vhost) {
  if (context_.access.erase_permissions(user, vhost)) forget(permission_key(vhost, user));
}

void Broker::keep(const StoredKey& key, const boost::json::object& value) {
  if (context_.restoring) return;
  context_.storage.put_definition(key.kind, key.key, boost::json::serialize(value));
}

void Broker::forget(const StoredKey& key) {
  context_.storage.erase_definition(key.kind, key.key);
}

Result<void> Broker::restore_access(const StoredDefinition& definition) {
  const auto json = parse_object(definition.value);
  if (!json) {
    return fail(ErrorCode::kIo,
                fmt::format("a stored definition cannot be read: {}", json.error().message));
  }
  if (definition.kind == DefinitionKind::kVhost) {
    BB_TRY_ASSIGN(VHost::Metadata metadata, vhost_metadata_from_json(*json));
    BB_TRY(put_vhost(definition.key, std::move(metadata)));
    return {};
  }
  if (definition.kind == DefinitionKind::kUser) {
    BB_TRY_ASSIGN(User user, user_from_json(*json));
    return put_user(definition.key, std::move(user));
  }
  BB_TRY_ASSIGN(const StoredPermissionKey where, decode_permission_key(definition.key));
  BB_TRY_ASSIGN(PermissionPatterns patterns, permissions_from_json(*json));
  return put_permissions(where.user, where.vhost, std::move(patterns));
}

template <class Leaving>
void Broker::close_connections(const Leaving& leaving, const std::string& reason) {
  for (Connection* connection : connections_) {
    if (leaving(*connection)) {
      connection->fail_connection({ErrorCode::kConnectionForced, reason}, {});
    }
  }
}

}  // namespace bb::broker
