#include "cli/causes.h"

#include <gtest/gtest.h>

namespace bb::cli {
namespace {

const Uuid kFirst = *Uuid::parse("92ac3d31-3cbb-5518-9cc9-eaa1d1198639");
const Uuid kSecond = *Uuid::parse("dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7");

TEST(Causes, AreIdsOrPlacesWhereIdsAre) {
  EXPECT_EQ(std::get<Uuid>(*parse_cause(kFirst.to_string())), kFirst);
  EXPECT_TRUE(needs_last_event({*parse_cause("@last")}));
  EXPECT_TRUE(needs_standard_input({*parse_cause("-")}));
  EXPECT_FALSE(parse_cause("last"));
  EXPECT_FALSE(parse_cause(""));
}

TEST(Causes, IdsAreWordsOrMembersOfObjects) {
  const std::vector both{kFirst, kSecond};
  EXPECT_EQ(read_ids(kFirst.to_string() + "\n " + kSecond.to_string() + "\r\n"), both);
  EXPECT_EQ(read_ids("{\"event_id\":\"" + kFirst.to_string() + "\",\"x\":1}\n{\"event_id\": \"" +
                     kSecond.to_string() + "\"}"),
            both);
}

TEST(Causes, AnythingElseIsRefused) {
  for (const char* const text : {"", " \n", "x", "92ac3d31", "{}", "{\"event_id\":1}", "{",
                                 "92ac3d31-3cbb-5518-9cc9-eaa1d1198639 x"}) {
    const auto ids = read_ids(text);
    ASSERT_FALSE(ids) << text;
    EXPECT_EQ(ids.error().code, ErrorCode::kUsage);
  }
}

TEST(Causes, EachCountsOnce) {
  const auto resolved = resolve_causes({kSecond, kFirst, kSecond}, "");
  ASSERT_TRUE(resolved);
  EXPECT_EQ(*resolved, (std::vector{kSecond, kFirst}));
}

}  // namespace
}  // namespace bb::cli
