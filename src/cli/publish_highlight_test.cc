#include "cli/publish_highlight.h"

#include <gmock/gmock.h>

#include <regex>

#include "bloodbank/envelope.h"

namespace bb::cli {
namespace {

std::string without_colour(const std::string& text) {
  return std::regex_replace(text, std::regex("\x1b\\[[0-9;]*m"), "");
}

TEST(PublishHighlight, IndentsAndKeepsEveryValueAsItIsWritten) {
  const std::string shown = without_colour(highlight_json(
      R"( {"b":1.10,"a":[1e400, true,null],"b":{"s":"Z\u00fc \"x\""},"e":{},"f":[]} )"));
  EXPECT_EQ(shown, R"({
  "b": 1.10,
  "a": [
    1e400,
    true,
    null
  ],
  "b": {
    "s": "Z\u00fc \"x\""
  },
  "e": {},
  "f": []
})");
}

TEST(PublishHighlight, ColoursNamesAndValuesApart) {
  const std::string shown = highlight_json(R"({"a":"a"})");
  EXPECT_THAT(shown, testing::HasSubstr("\x1b[36m\"a\"\x1b[0m: \x1b[32m\"a\"\x1b[0m"));
}

TEST(PublishHighlight, LetsNoControlCharacterThrough) {
  const std::string shown = highlight_json("{\"a\":\"\x7f\xc2\x9b\"}");
  EXPECT_THAT(without_colour(shown), testing::Not(testing::HasSubstr("\x7f")));
  EXPECT_THAT(shown, testing::Not(testing::HasSubstr("\xc2\x9b")));
  EXPECT_TRUE(check_json(without_colour(shown)));
}

}  // namespace
}  // namespace bb::cli
