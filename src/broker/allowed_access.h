// What a channel already knows that its user may do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "broker/access_control.h"

namespace bb::broker {

// Remembers what one user was allowed in one vhost, so that publishing a million messages to an
// exchange searches its name once.
class AllowedAccess {
 public:
  // All outlive it.
  AllowedAccess(const AccessControl& control, const std::string& user, const std::string& vhost)
      : control_(control), user_(user), vhost_(vhost) {}

  // As AccessControl::check().
  Result<void> check(Access access, ResourceKind kind, std::string_view name);

 private:
  struct Entry {
    Access access;
    ResourceKind kind;
    std::string name;
  };
  static constexpr std::size_t kEntriesMax = 12;

  const AccessControl& control_;
  const std::string& user_;
  const std::string& vhost_;
  std::uint64_t version_ = 0;
  std::vector<Entry> entries_;
  std::size_t next_replaced_ = 0;
};

}  // namespace bb::broker
