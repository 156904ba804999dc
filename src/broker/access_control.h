// Users, what they are called by, and what they may do in which vhost
// (https://www.rabbitmq.com/access-control.html).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "broker/handshake.h"
#include "broker/options.h"
#include "broker/password_hash.h"
#include "schema/pattern.h"

namespace bb::broker {

// What a method does with an exchange or a queue.
enum class Access : std::uint8_t { kConfigure, kWrite, kRead };
enum class ResourceKind : std::uint8_t { kExchange, kQueue };

struct User {
  std::optional<PasswordHash> password;  // without one nobody logs in
  std::vector<std::string> tags;         // "administrator", "monitoring", ...: for the HTTP API

  bool has_tag(std::string_view tag) const;
};

// The names that a user may configure, write to and read from: regular expressions, as the keyword
// `pattern` of JSON Schema has them, that match anywhere in a name. The empty one matches nothing.
struct PermissionPatterns {
  std::string configure;
  std::string write;
  std::string read;

  friend bool operator==(const PermissionPatterns&, const PermissionPatterns&) = default;
};

// Not thread-safe. The pointers that it gives are valid until the next change.
class AccessControl {
 public:
  using VHostAndUser = std::pair<std::string, std::string>;

  // No users, nobody may do anything. `options` outlives it.
  explicit AccessControl(const Options& options);
  ~AccessControl();

  // May this user log in? Guest may from this machine alone
  // (https://www.rabbitmq.com/access-control.html#loopback-users).
  bool accepts(const Credentials& credentials, bool peer_is_loopback) const;

  const User* find_user(std::string_view name) const;
  const std::map<std::string, User, std::less<>>& users() const { return users_; }
  // A new user or new contents of one. kPreconditionFailed: a limit, or a name that cannot be.
  Result<void> put_user(std::string_view name, User user);
  // With its permissions. False when there is none.
  bool erase_user(std::string_view name);
  // Salts and hashes.
  PasswordHash hash(std::string_view password);

  // May the user connect to the vhost?
  bool enters(std::string_view user, std::string_view vhost) const;
  // nullptr when there are none.
  const PermissionPatterns* find_permissions(std::string_view user, std::string_view vhost) const;
  // In the order of vhosts, then users.
  std::vector<std::pair<VHostAndUser, PermissionPatterns>> permissions() const;
  // kNotFound: no such user. (The vhost is for the caller to check.) kPreconditionFailed: a limit,
  // or not a regular expression.
  Result<void> put_permissions(std::string_view user, std::string_view vhost,
                               PermissionPatterns patterns);
  // False when there are none.
  bool erase_permissions(std::string_view user, std::string_view vhost);
  // Every user's permissions there.
  void erase_vhost(std::string_view vhost);

  // kAccessRefused in RabbitMQ's words. The default exchange goes by the name amq.default.
  Result<void> check(std::string_view user, std::string_view vhost, Access access,
                     ResourceKind kind, std::string_view name) const;

  // Another number after every change to permissions: what was allowed may not be any more.
  std::uint64_t version() const { return version_; }

 private:
  // Finite automata decide most of them; the rest, a search whose steps are counted.
  using PatternPtr = std::shared_ptr<const schema::Pattern>;
  struct Permissions {
    PermissionPatterns sources;
    PatternPtr configure;
    PatternPtr write;
    PatternPtr read;
  };
  Result<PatternPtr> compile(std::string_view source);
  bool matches(const PatternPtr& pattern, std::string_view name) const;

  const Options& options_;
  std::mt19937_64 random_;  // for salts
  const PasswordHash nobodys_password_;
  std::map<std::string, User, std::less<>> users_;
  std::map<VHostAndUser, Permissions> permissions_;
  std::map<std::string, std::weak_ptr<const schema::Pattern>, std::less<>> compiled_;
  mutable schema::PatternScratch scratch_;
  std::uint64_t version_ = 1;
};

}  // namespace bb::broker
