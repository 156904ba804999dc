// What `bb user` does; user_command.cc says how it is asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "cli/management_options.h"

namespace bb::cli {

struct UserOptions {
  ManagementOptions management;
  std::string name;
  std::vector<std::string> tags;
  bool password_stdin = false;
  bool no_password = false;
  std::optional<std::string> password;
  std::optional<std::string> configure;
  std::optional<std::string> write;
  std::optional<std::string> read;
};

// Each opens a session, does one thing and says so on standard error. A password that is needed and
// not given is asked for; kUsage where there is nobody to ask.

// kPreconditionFailed for a user that is there.
Result<void> add_user(const UserOptions& options);
// Asks first.
Result<void> delete_user(const UserOptions& options);
// Tags and permissions stay.
Result<void> change_password(const UserOptions& options);
// Instead of the tags that the user has; the password stays.
Result<void> set_tags(const UserOptions& options);
// Instead of what the user may do in the vhost.
Result<void> permit_user(const UserOptions& options);
// Asks first.
Result<void> forbid_user(const UserOptions& options);
// Prints the user, and in which vhosts it may do what.
Result<void> show_user(const UserOptions& options);

}  // namespace bb::cli
