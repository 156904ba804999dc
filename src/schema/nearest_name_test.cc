#include "schema/nearest_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bb::schema {
namespace {

const std::vector<std::string_view> kNames = {"language", "session_id", "text", "started_at"};

TEST(NearestName, FindsWhatWasMisspelt) {
  EXPECT_EQ(nearest_name("langauge", kNames), "language");
  EXPECT_EQ(nearest_name("sessionID", kNames), "session_id");
  EXPECT_EQ(nearest_name("TEXT", kNames), "text");
  EXPECT_EQ(nearest_name("startedat", kNames), "started_at");
}

TEST(NearestName, FindsNothingThatIsFar) {
  EXPECT_EQ(nearest_name("volume", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("ab", std::vector<std::string_view>{"ac"}), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(1000, 'x'), kNames), std::nullopt);
}

TEST(NearestName, SuggestsNeverTheNameItself) {
  EXPECT_EQ(nearest_name("text", kNames), std::nullopt);
}

TEST(NearestName, PrefersTheNearerThenTheFirst) {
  EXPECT_EQ(nearest_name("started", std::vector<std::string_view>{"startle", "starter"}),
            "starter");
  EXPECT_EQ(nearest_name("cat", std::vector<std::string_view>{"cut", "bat"}), "cut");
}

}  // namespace
}  // namespace bb::schema
