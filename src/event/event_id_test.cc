#include <gtest/gtest.h>

#include "bloodbank/envelope.h"

namespace bb {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct KnownId {
  std::string_view event_type;
  std::string_view unique_key;
  std::string_view event_id;
};

// Existing services derive these ids: they are part of the wire contract.
constexpr KnownId kKnownIds[] = {
    {"fireflies.transcript.upload", "meeting_abc123", "92ac3d31-3cbb-5518-9cc9-eaa1d1198639"},
    {"fireflies.transcript.upload", "meeting_id=abc123|user_id=user_456",
     "dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7"},
    {"github.pr.created", "owner|repo|42", "599c61a2-a885-5d16-a254-a85c490ebc81"},
    {"transcription.voice.completed", "Zürich ☕", "887ed157-cb79-56b6-a925-42f0594a8263"},
};

TEST(DeterministicEventId, IsTheIdOfTheWireContract) {
  for (const auto& [event_type, unique_key, event_id] : kKnownIds) {
    EXPECT_EQ(deterministic_event_id(event_type, unique_key).to_string(), event_id);
  }
}

TEST(DeterministicEventId, JoinsFieldsSortedByName) {
  const Uuid expected = *Uuid::parse("dcbf406d-aaae-5a9a-8b36-38bb4f5ac1e7");
  const Fields sorted = {{"meeting_id", "abc123"}, {"user_id", "user_456"}};
  const Fields reversed(sorted.rbegin(), sorted.rend());
  EXPECT_EQ(deterministic_event_id("fireflies.transcript.upload", sorted), expected);
  EXPECT_EQ(deterministic_event_id("fireflies.transcript.upload", reversed), expected);
}

TEST(DeterministicEventId, SortsByBytes) {
  EXPECT_EQ(deterministic_event_id("a.b", Fields{{"é", "3"}, {"b", "2"}, {"B", "1"}}),
            deterministic_event_id("a.b", "B=1|b=2|é=3"));
}

TEST(DeterministicEventId, KeepsEmptyNamesAndValues) {
  EXPECT_EQ(deterministic_event_id("a.b", Fields{}), deterministic_event_id("a.b", ""));
  EXPECT_EQ(deterministic_event_id("a.b", Fields{{"", ""}, {"x", ""}}),
            deterministic_event_id("a.b", "=|x="));
}

TEST(DeterministicEventId, DependsOnEveryPart) {
  const Uuid id = deterministic_event_id("a.b", "key");
  EXPECT_EQ(id.version(), 5);
  EXPECT_EQ(id, deterministic_event_id("a.b", "key", "bloodbank"));
  EXPECT_NE(id, deterministic_event_id("a.b", "key", "other"));
  EXPECT_NE(id, deterministic_event_id("a.c", "key"));
  EXPECT_NE(id, deterministic_event_id("a.b", "Key"));
}

}  // namespace
}  // namespace bb
