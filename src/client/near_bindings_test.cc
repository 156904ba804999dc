#include "client/near_bindings.h"

#include <gmock/gmock.h>

namespace bb::client {
namespace {

using testing::ElementsAre;

std::vector<std::string> near(const std::vector<Binding>& bindings, std::string_view key) {
  std::vector<std::string> texts;
  for (const NearBinding& each : find_near_bindings(bindings, "events", key)) {
    texts.push_back(each.queue + " " + each.pattern);
  }
  return texts;
}

TEST(NearBindings, AreTheNearestOfEachQueue) {
  std::vector<Binding> bindings{
      {"events", "one", false, "llm.prompt", ""}, {"events", "one", false, "llm.*.prompt", ""},
      {"events", "far", false, "github.#", ""},   {"events", "two", false, "llm.prompt.*", ""},
      {"events", "audit", true, "x", ""},         {"audit", "three", false, "llm.promts", ""},
  };
  EXPECT_THAT(near(bindings, "llm.promt"),
              ElementsAre("one llm.prompt", "three llm.promts", "two llm.prompt.*"));
  EXPECT_THAT(near(bindings, "something.else"), ElementsAre());
  bindings.push_back({"events", "four", false, "agent.*", ""});
  bindings.push_back({"events", "four", false, "agent.thread", ""});
  EXPECT_THAT(near(bindings, "agent.thread.error"), ElementsAre("four agent.thread"));
}

TEST(NearBindings, AreNotThoseOfTheHistory) {
  EXPECT_THAT(near({{"events", "events.history", false, "llm.prompts", ""}}, "llm.prompt"),
              ElementsAre());
  EXPECT_TRUE(is_kept_of("events.quarantine", "events"));
  EXPECT_FALSE(is_kept_of("other.history", "events"));
}

TEST(NearBindings, AsText) {
  EXPECT_EQ(near_bindings_text({}), "");
  EXPECT_EQ(near_bindings_text({{"a", "llm.*"}, {"b\nc", "#"}}),
            "the queue 'a' by 'llm.*', the queue 'b c' by '#'");
}

}  // namespace
}  // namespace bb::client
