#include "cli/event_choice.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace bb::cli {
namespace {

std::string event_at(std::string_view time, std::string_view payload = "{}") {
  return fmt::format(
      R"({{"event_id":"599c61a2-a885-5d16-a254-a85c490ebc81","event_type":"a.b.c","timestamp":"{}",)"
      R"("version":"1.0.0","source":{{"host":"h","type":"manual"}},"payload":{}}})",
      time, payload);
}

Timestamp at(std::string_view time) {
  return parse_rfc3339(time).value();
}

bool wanted(const EventChoiceOptions& options, std::string_view key, std::string_view body) {
  EventChoice choice(options);
  const auto verdict = choice.wants(key, body);
  EXPECT_TRUE(verdict) << verdict.error().message;
  return verdict.value_or(false);
}

TEST(EventChoice, WithoutConditionsWantsAll) {
  EXPECT_TRUE(wanted({}, "a.b", "no event"));
}

TEST(EventChoice, WantsWhatOnePatternMatches) {
  EXPECT_TRUE(wanted({.patterns = {"x.#", "a.*"}}, "a.b", "{}"));
  EXPECT_FALSE(wanted({.patterns = {"x.#", "a.*"}}, "a.b.c", "{}"));
}

TEST(EventChoice, DoesNotWantWhatIsIgnored) {
  EXPECT_FALSE(wanted({.ignored = {"a.#"}}, "a.b", "{}"));
  EXPECT_FALSE(wanted({.patterns = {"#"}, .ignored = {"x", "a.*"}}, "a.b", "{}"));
  EXPECT_TRUE(wanted({.patterns = {"#"}, .ignored = {"x", "a.*"}}, "b.b", "{}"));
}

TEST(EventChoice, AsksTheFilter) {
  const auto where = filter::Filter::parse("payload.n > 1").value();
  EXPECT_TRUE(wanted({.where = where}, "a", event_at("2026-01-01T00:00:00Z", R"({"n":2})")));
  EXPECT_FALSE(wanted({.where = where}, "a", event_at("2026-01-01T00:00:00Z", R"({"n":1})")));
  EventChoice choice({.where = where});
  EXPECT_FALSE(choice.wants("a", "no JSON"));
}

TEST(EventChoice, TimesHaveAFirstAndNoLastMoment) {
  const EventChoiceOptions hour{.not_before = at("2026-01-01T10:00:00Z"),
                                .before = at("2026-01-01T11:00:00Z")};
  EXPECT_FALSE(wanted(hour, "a", event_at("2026-01-01T09:59:59.999Z")));
  EXPECT_TRUE(wanted(hour, "a", event_at("2026-01-01T10:00:00Z")));
  EXPECT_TRUE(wanted(hour, "a", event_at("2026-01-01T11:59:59+01:00")));
  EXPECT_FALSE(wanted(hour, "a", event_at("2026-01-01T11:00:00Z")));
}

TEST(EventChoice, WhatHasNoTimeIsWanted) {
  EXPECT_TRUE(wanted({.not_before = at("2026-01-01T10:00:00Z")}, "a", "no event"));
}

}  // namespace
}  // namespace bb::cli
