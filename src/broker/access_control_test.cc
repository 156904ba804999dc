#include "broker/access_control.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/allowed_access.h"
#include "broker/test_results.h"

namespace bb::broker {
namespace {

using testing::HasSubstr;

class AccessControlTest : public testing::Test {
 protected:
  void add_user(std::string_view name, std::string_view password) {
    ASSERT_TRUE(control_.put_user(name, {.password = control_.hash(password), .tags = {}}));
  }
  bool accepts(const Credentials& credentials, bool loopback = true) const {
    return control_.accepts(credentials, loopback);
  }
  bool may(Access access, std::string_view queue, std::string_view user = "ada") const {
    return control_.check(user, "/", access, ResourceKind::kQueue, queue).has_value();
  }

  Options options_ = [] {
    Options options;
    options.users_max = 4;
    options.permissions_max = 2;
    return options;
  }();
  AccessControl control_{options_};
};

TEST_F(AccessControlTest, TakesUsersWithTheirPasswordAndNobodyElse) {
  add_user("ada", "secret");
  EXPECT_TRUE(accepts({"ada", "secret"}));
  EXPECT_TRUE(accepts({"ada", "secret"}, /*loopback=*/false));
  for (const Credentials& other : {Credentials{"ada", ""}, Credentials{"ada", "Secret"},
                                   Credentials{"", ""}, Credentials{"root", "secret"}}) {
    EXPECT_FALSE(accepts(other)) << other.user;
  }
}

TEST_F(AccessControlTest, TakesGuestFromThisMachineAlone) {
  add_user("guest", "guest");
  EXPECT_TRUE(accepts({"guest", "guest"}, /*loopback=*/true));
  EXPECT_FALSE(accepts({"guest", "guest"}, /*loopback=*/false));
}

TEST_F(AccessControlTest, NobodyLogsInWithAnEmptyPasswordOrWithoutOne) {
  add_user("empty", "");
  ASSERT_TRUE(control_.put_user("none", {}));
  EXPECT_FALSE(accepts({"empty", ""}));
  EXPECT_FALSE(accepts({"none", ""}));
}

TEST_F(AccessControlTest, ThePasswordChangesWithTheUser) {
  add_user("ada", "old");
  add_user("ada", "new");
  EXPECT_FALSE(accepts({"ada", "old"}));
  EXPECT_TRUE(accepts({"ada", "new"}));
}

TEST_F(AccessControlTest, SaltsDiffer) {
  EXPECT_NE(control_.hash("same").text(), control_.hash("same").text());
}

TEST_F(AccessControlTest, PatternsMatchAnywhereAndTheEmptyOneNothing) {
  add_user("ada", "a");
  EXPECT_FALSE(may(Access::kRead, "orders")) << "no permissions";
  ASSERT_TRUE(control_.put_permissions(
      "ada", "/", {.configure = "", .write = "^orders$", .read = "ord|^amq\\."}));
  EXPECT_FALSE(may(Access::kConfigure, "orders"));
  EXPECT_FALSE(may(Access::kConfigure, ""));
  EXPECT_TRUE(may(Access::kWrite, "orders"));
  EXPECT_FALSE(may(Access::kWrite, "orders.eu"));
  EXPECT_TRUE(may(Access::kRead, "new-orders.eu"));
  EXPECT_TRUE(may(Access::kRead, "amq.gen-x"));
  EXPECT_FALSE(may(Access::kRead, "invoices"));
}

TEST_F(AccessControlTest, ARefusalSaysWhatIsRefusedToWhom) {
  add_user("ada", "a");
  EXPECT_EQ(control_.check("ada", "v", Access::kWrite, ResourceKind::kExchange, "x").error(),
            (Error{ErrorCode::kAccessRefused,
                   "write access to exchange 'x' in vhost 'v' refused for user 'ada'"}));
  EXPECT_EQ(control_.check("ada", "v", Access::kRead, ResourceKind::kExchange, "").error().message,
            "read access to exchange 'amq.default' in vhost 'v' refused for user 'ada'");
  EXPECT_EQ(
      control_.check("ada", "v", Access::kConfigure, ResourceKind::kQueue, "q").error().message,
      "configure access to queue 'q' in vhost 'v' refused for user 'ada'");
}

TEST_F(AccessControlTest, PermissionsAreOfOneVHostAndGoWithIt) {
  add_user("ada", "a");
  ASSERT_TRUE(control_.put_permissions("ada", "/", {".*", ".*", ".*"}));
  ASSERT_TRUE(control_.put_permissions("ada", "other", {"", "", ""}));
  EXPECT_TRUE(control_.enters("ada", "/"));
  EXPECT_TRUE(control_.enters("ada", "other")) << "where it may do nothing";
  EXPECT_FALSE(control_.enters("ada", "third"));
  control_.erase_vhost("/");
  EXPECT_FALSE(control_.enters("ada", "/"));
  EXPECT_TRUE(control_.enters("ada", "other"));
}

TEST_F(AccessControlTest, AUserTakesItsPermissionsAlong) {
  add_user("ada", "a");
  ASSERT_TRUE(control_.put_permissions("ada", "/", {".*", ".*", ".*"}));
  EXPECT_TRUE(control_.erase_user("ada"));
  EXPECT_FALSE(control_.erase_user("ada"));
  add_user("ada", "a");
  EXPECT_FALSE(control_.enters("ada", "/"));
}

// Would take an exponential time in an engine that backtracks without counting.
TEST_F(AccessControlTest, APatternCannotHang) {
  add_user("ada", "a");
  ASSERT_TRUE(control_.put_permissions("ada", "/", {"^(a+)+$", "^(a+)+\\1$", "."}));
  const std::string name = std::string(200, 'a') + "!";
  EXPECT_FALSE(may(Access::kConfigure, name));
  EXPECT_FALSE(may(Access::kWrite, name));
}

TEST_F(AccessControlTest, RefusesWhatIsNoRegularExpressionAndTooLongAOne) {
  add_user("ada", "a");
  const auto broken = control_.put_permissions("ada", "/", {"(", "", ""});
  EXPECT_EQ(broken.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_THAT(broken.error().message, HasSubstr("'(' is not a regular expression"));
  const std::string long_pattern(options_.permission_pattern_bytes_max + 1, 'a');
  EXPECT_FALSE(control_.put_permissions("ada", "/", {"", "", long_pattern}));
  EXPECT_FALSE(control_.enters("ada", "/"));
  EXPECT_EQ(control_.put_permissions("bob", "/", {"", "", ""}).error().code, ErrorCode::kNotFound);
}

TEST_F(AccessControlTest, UsersTagsAndPermissionsHaveLimits) {
  for (int i = 0; i < 4; ++i) add_user(fmt::format("user{}", i), "a");
  EXPECT_FALSE(control_.put_user("another", {}));
  EXPECT_TRUE(control_.put_user("user0", {})) << "there already";
  EXPECT_FALSE(control_.put_user("user0", {.password = {}, .tags = std::vector<std::string>(33)}));
  EXPECT_TRUE(control_.put_permissions("user0", "/", {}));
  EXPECT_TRUE(control_.put_permissions("user1", "/", {}));
  EXPECT_FALSE(control_.put_permissions("user2", "/", {}));
  EXPECT_TRUE(control_.put_permissions("user1", "/", {"a", "a", "a"}));
  EXPECT_FALSE(control_.put_user("", {}));
  EXPECT_FALSE(control_.put_user(std::string(256, 'x'), {}));
}

TEST_F(AccessControlTest, WhatWasAllowedIsNotAnyMoreOncePermissionsChange) {
  const std::string user = "ada";
  const std::string vhost = "/";
  add_user(user, "a");
  ASSERT_TRUE(control_.put_permissions(user, vhost, {".*", ".*", ".*"}));
  AllowedAccess allowed(control_, user, vhost);
  for (int i = 0; i < 40; ++i) {
    EXPECT_TRUE(allowed.check(Access::kWrite, ResourceKind::kQueue, fmt::format("q{}", i % 20)));
  }
  ASSERT_TRUE(control_.put_permissions(user, vhost, {".*", "x", ".*"}));
  EXPECT_FALSE(allowed.check(Access::kWrite, ResourceKind::kQueue, "q19"));
  EXPECT_TRUE(allowed.check(Access::kRead, ResourceKind::kQueue, "q19"));
  EXPECT_FALSE(allowed.check(Access::kWrite, ResourceKind::kQueue, "q19"))
      << "another access to the same queue";
}

}  // namespace
}  // namespace bb::broker
