#include "cli/suggest.h"

#include <gmock/gmock.h>

#include <vector>

namespace bb::cli {
namespace {

const std::vector<std::string> kCommands{"serve", "publish", "subscribe", "doctor"};

TEST(Suggestion, IsTheNearestName) {
  EXPECT_EQ(nearest("pubilsh", kCommands), "publish");
  EXPECT_EQ(nearest("subscrbe", kCommands), "subscribe");
  EXPECT_EQ(nearest("docter", kCommands), "doctor");
}

TEST(Suggestion, IsAbsentWhenNothingIsNear) {
  EXPECT_EQ(nearest("frobnicate", kCommands), std::nullopt);
  EXPECT_EQ(nearest("", kCommands), std::nullopt);
  EXPECT_EQ(nearest(std::string(1 << 20, 'x'), kCommands), std::nullopt);
}

}  // namespace
}  // namespace bb::cli
