#include "broker/access_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "amqp/constants.h"
#include "base/try.h"
#include "broker/arguments.h"

namespace bb::broker {
namespace {

constexpr std::string_view kLoopbackUser = "guest";
constexpr std::string_view kDefaultExchangeAlias = "amq.default";

std::string_view to_string(Access access) {
  static constexpr std::array<std::string_view, 3> kNames = {"configure", "write", "read"};
  return kNames[static_cast<std::size_t>(access)];
}

}  // namespace

bool User::has_tag(std::string_view tag) const {
  return std::ranges::find(tags, tag) != tags.end();
}

AccessControl::AccessControl(const Options& options)
    : options_(options),
      random_(options.seed ^ 0x5A17),  // not the numbers that names are made of
      nobodys_password_(PasswordHash::make("", 0)) {}

AccessControl::~AccessControl() = default;

bool AccessControl::accepts(const Credentials& credentials, bool peer_is_loopback) const {
  const User* const user = find_user(credentials.user);
  // An unknown user costs as much time as a wrong password.
  const bool has_password = user != nullptr && user->password;
  const PasswordHash& password = has_password ? *user->password : nobodys_password_;
  const bool matches = password.matches(credentials.password);
  if (!matches || !has_password || credentials.password.empty()) return false;
  return peer_is_loopback || credentials.user != kLoopbackUser;
}

const User* AccessControl::find_user(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : &found->second;
}

Result<void> AccessControl::put_user(std::string_view name, User user) {
  if (name.empty() || name.size() > amqp::kShortStringMaxBytes) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("a user's name has 1 to {} bytes", amqp::kShortStringMaxBytes));
  }
  if (user.tags.size() > options_.user_tags_max ||
      std::ranges::any_of(user.tags, [](const std::string& tag) {
        return tag.size() > amqp::kShortStringMaxBytes;
      })) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("a user has up to {} tags of {} bytes", options_.user_tags_max,
                            amqp::kShortStringMaxBytes));
  }
  const auto found = users_.find(name);
  if (found != users_.end()) {
    found->second = std::move(user);
    return {};
  }
  if (users_.size() >= options_.users_max) {
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("the limit of {} users is reached (bb serve --users-max)", options_.users_max));
  }
  users_.emplace(name, std::move(user));
  return {};
}

bool AccessControl::erase_user(std::string_view name) {
  const auto found = users_.find(name);
  if (found == users_.end()) return false;
  std::erase_if(permissions_, [&](const auto& entry) { return entry.first.second == name; });
  users_.erase(found);
  ++version_;
  return true;
}

PasswordHash AccessControl::hash(std::string_view password) {
  return PasswordHash::make(password, static_cast<std::uint32_t>(random_()));
}

bool AccessControl::enters(std::string_view user, std::string_view vhost) const {
  return find_permissions(user, vhost) != nullptr;
}

const PermissionPatterns* AccessControl::find_permissions(std::string_view user,
                                                          std::string_view vhost) const {
  const auto found = permissions_.find(VHostAndUser(vhost, user));
  return found == permissions_.end() ? nullptr : &found->second.sources;
}

std::vector<std::pair<AccessControl::VHostAndUser, PermissionPatterns>> AccessControl::permissions()
    const {
  std::vector<std::pair<VHostAndUser, PermissionPatterns>> all;
  all.reserve(permissions_.size());
  for (const auto& [where, permissions] : permissions_) {
    all.emplace_back(where, permissions.sources);
  }
  return all;
}

Result<void> AccessControl::put_permissions(std::string_view user, std::string_view vhost,
                                            PermissionPatterns patterns) {
  if (find_user(user) == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("no user '{}'", user));
  }
  VHostAndUser where(vhost, user);
  if (!permissions_.contains(where) && permissions_.size() >= options_.permissions_max) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("the limit of {} permissions is reached", options_.permissions_max));
  }
  Permissions made;
  BB_TRY_ASSIGN(made.configure, compile(patterns.configure));
  BB_TRY_ASSIGN(made.write, compile(patterns.write));
  BB_TRY_ASSIGN(made.read, compile(patterns.read));
  made.sources = std::move(patterns);
  permissions_.insert_or_assign(std::move(where), std::move(made));
  ++version_;
  return {};
}

bool AccessControl::erase_permissions(std::string_view user, std::string_view vhost) {
  if (permissions_.erase(VHostAndUser(vhost, user)) == 0) return false;
  ++version_;
  return true;
}

void AccessControl::erase_vhost(std::string_view vhost) {
  if (std::erase_if(permissions_, [&](const auto& entry) { return entry.first.first == vhost; })) {
    ++version_;
  }
}

// nullptr for the pattern that matches nothing. Users have the same few patterns, so that each is
// kept once.
Result<AccessControl::PatternPtr> AccessControl::compile(std::string_view source) {
  if (source.empty()) return nullptr;
  if (source.size() > options_.permission_pattern_bytes_max) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("a permission's regular expression has up to {} bytes",
                            options_.permission_pattern_bytes_max));
  }
  if (const auto found = compiled_.find(source); found != compiled_.end()) {
    if (PatternPtr pattern = found->second.lock()) return pattern;
  }
  auto pattern = schema::Pattern::compile(source);
  if (!pattern) {
    return fail(ErrorCode::kPreconditionFailed, fmt::format("'{}' is not a regular expression: {}",
                                                            source, pattern.error().message));
  }
  if (compiled_.size() > 6 * (permissions_.size() + 8)) {
    std::erase_if(compiled_, [](const auto& entry) { return entry.second.expired(); });
  }
  auto kept = std::make_shared<const schema::Pattern>(*std::move(pattern));
  compiled_.insert_or_assign(std::string(source), kept);
  return kept;
}

bool AccessControl::matches(const PatternPtr& pattern, std::string_view name) const {
  return pattern != nullptr && pattern->search(name, scratch_) == schema::Pattern::Outcome::kMatch;
}

Result<void> AccessControl::check(std::string_view user, std::string_view vhost, Access access,
                                  ResourceKind kind, std::string_view name) const {
  if (kind == ResourceKind::kExchange && name.empty()) name = kDefaultExchangeAlias;
  const auto found = permissions_.find(VHostAndUser(vhost, user));
  if (found != permissions_.end()) {
    const Permissions& granted = found->second;
    const PatternPtr& pattern = access == Access::kConfigure ? granted.configure
                                : access == Access::kWrite   ? granted.write
                                                             : granted.read;
    if (matches(pattern, name)) return {};
  }
  const std::string_view kind_name = kind == ResourceKind::kExchange ? "exchange" : "queue";
  return fail(ErrorCode::kAccessRefused,
              fmt::format("{} access to {} refused for user '{}'", to_string(access),
                          describe(kind_name, name, vhost), user));
}

}  // namespace bb::broker
