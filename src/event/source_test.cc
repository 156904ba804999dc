#include "event/source.h"

#include <gmock/gmock.h>

namespace bb {
namespace {

using testing::HasSubstr;

TEST(SourceType, HasANameThatIsReadBack) {
  const std::pair<SourceType, std::string_view> names[] = {
      {SourceType::kManual, "manual"},       {SourceType::kAgent, "agent"},
      {SourceType::kScheduled, "scheduled"}, {SourceType::kFileWatch, "file_watch"},
      {SourceType::kHook, "hook"},
  };
  for (const auto& [type, name] : names) {
    EXPECT_EQ(to_string(type), name);
    EXPECT_EQ(parse_source_type(name), type);
  }
}

TEST(SourceType, AnUnknownNameIsAUsageErrorThatListsTheChoices) {
  for (const std::string_view name : {"", "Manual", "file-watch", "robot"}) {
    const auto type = parse_source_type(name);
    ASSERT_FALSE(type) << name;
    EXPECT_EQ(type.error().code, ErrorCode::kUsage);
    EXPECT_THAT(type.error().message, HasSubstr("manual, agent, scheduled, file_watch, hook"));
  }
}

}  // namespace
}  // namespace bb
