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
