#include "cli/bulk_window.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace bb::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class BulkWindowTest : public testing::Test {
 protected:
  void add(std::string id, std::size_t line) {
    PlannedEvent event;
    event.event_id = std::move(id);
    window.add(std::move(event), line);
  }

  std::vector<std::string> settled;  // "id@line", with "!" for what was not published
  BulkWindow window{[this](const PlannedEvent& event, std::size_t line, Fate fate) {
                      settled.push_back(event.event_id + "@" + std::to_string(line) +
                                        (fate == Fate::kPublished ? "" : "!"));
                    },
                    true};
};

TEST_F(BulkWindowTest, GivesBackWhatHasNoAnswer) {
  for (const char* id : {"a", "b", "c", "d"}) add(id, 1);
  window.settle(1, Fate::kPublished);
  window.settle(3, Fate::kPublished);
  ASSERT_EQ(window.size(), 3u);
  EXPECT_EQ(window.take_front().event_id, "b");
  EXPECT_THAT(settled, ElementsAre("a@1", "c@1"));
  EXPECT_EQ(window.take_front().event_id, "d");
  EXPECT_EQ(window.size(), 0u);
  window.restart();
  add("e", 2);
  window.settle(1, Fate::kPublished);
  EXPECT_THAT(settled, ElementsAre("a@1", "c@1", "e@2"));
}

TEST_F(BulkWindowTest, SettlesInTheOrderOfTheEvents) {
  add("a", 1);
  add("b", 3);
  add("c", 4);
  window.settle(2, Fate::kPublished);
  EXPECT_THAT(settled, IsEmpty());
  EXPECT_EQ(window.size(), 3);
  window.settle(1, Fate::kUnroutable);
  EXPECT_THAT(settled, ElementsAre("a@1!", "b@3"));
  EXPECT_EQ(window.size(), 1);
  window.settle(3, Fate::kPublished);
  EXPECT_THAT(settled, ElementsAre("a@1!", "b@3", "c@4"));
}

TEST_F(BulkWindowTest, TakesNoAnswerThatItDoesNotWaitFor) {
  add("a", 1);
  window.settle(0, Fate::kPublished);
  window.settle(2, Fate::kPublished);
  EXPECT_THAT(settled, IsEmpty());
  window.settle(1, Fate::kPublished);
  window.settle(1, Fate::kPublished);
  EXPECT_THAT(settled, ElementsAre("a@1"));
}

}  // namespace
}  // namespace bb::cli
