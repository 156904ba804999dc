// Vhosts and users: what is made, changed and deleted while the broker runs.
#include <fmt/format.h>

#include <utility>

#include "amqp/constants.h"
#include "base/assert.h"
#include "base/try.h"
#include "broker/arguments.h"
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
  const bool made =
      put_vhost(kDefaultVHost, {.description = "Default virtual host", .tags = {}}).has_value() &&
      put_user(kDefaultUser,
               {.password = hash_password(kDefaultPassword), .tags = {"administrator"}})
          .has_value() &&
      put_permissions(kDefaultUser, kDefaultVHost, {everything, everything, everything})
          .has_value();
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
    if (vhosts_.size() >= context_.options.vhosts_max) {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("cannot create vhost '{}': the limit of {} vhosts is reached", name,
                              context_.options.vhosts_max));
    }
    auto made = std::make_unique<VHost>(std::string(name), context_);
    vhost = vhosts_.emplace(name, std::move(made)).first->second.get();
  }
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
  context_.access.erase_vhost(name);
  vhosts_.erase(found);
  check_memory();
  return {};
}

Result<void> Broker::put_user(std::string_view name, User user) {
  return context_.access.put_user(name, std::move(user));
}

Result<void> Broker::delete_user(std::string_view name) {
  const std::string gone(name);  // it may be the connection's
  if (!context_.access.erase_user(gone)) {
    return fail(ErrorCode::kNotFound, fmt::format("no user '{}'", gone));
  }
  close_connections([&](const Connection& connection) { return connection.user_ == gone; },
                    fmt::format("user '{}' is deleted", gone));
  return {};
}

Result<void> Broker::put_permissions(std::string_view user, std::string_view vhost,
                                     PermissionPatterns patterns) {
  if (find_vhost(vhost) == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("no vhost '{}'", vhost));
  }
  return context_.access.put_permissions(user, vhost, std::move(patterns));
}

void Broker::delete_permissions(std::string_view user, std::string_view vhost) {
  context_.access.erase_permissions(user, vhost);
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
