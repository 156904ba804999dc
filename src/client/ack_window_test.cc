#include "client/ack_window.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

namespace bb::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Ack = AckWindow::Ack;

AckWindow delivered_up_to(std::uint64_t last) {
  AckWindow window;
  for (std::uint64_t tag = 1; tag <= last; ++tag) window.delivered(tag);
  return window;
}

TEST(AckWindow, SaysInOneWhatIsDoneInOrder) {
  AckWindow window = delivered_up_to(5);
  EXPECT_THAT(window.take(), IsEmpty());
  EXPECT_TRUE(window.done(1));
  EXPECT_FALSE(window.done(2));
  window.done(3);
  EXPECT_THAT(window.take(), ElementsAre(Ack{3, true}));
  EXPECT_TRUE(window.done(4));
  EXPECT_THAT(window.take(), ElementsAre(Ack{4, false}));
}

TEST(AckWindow, SaysOneByOneWhatIsDoneBeforeAnOlderOne) {
  AckWindow window = delivered_up_to(6);
  window.done(3);
  window.done(5);
  EXPECT_THAT(window.take(), ElementsAre(Ack{3, false}, Ack{5, false}));
  window.done(2);
  window.done(1);
  window.done(6);
  // 3 was told: it is passed over, and 4 waits.
  EXPECT_THAT(window.take(), ElementsAre(Ack{2, true}, Ack{6, false}));
  window.done(4);
  EXPECT_THAT(window.take(), ElementsAre(Ack{4, false}));
}

TEST(AckWindow, TellsEachOnceInWhateverOrderTheyAreDone) {
  std::mt19937 random(20261130);
  for (int round = 0; round < 200; ++round) {
    constexpr std::uint64_t kTags = 60;
    AckWindow window = delivered_up_to(kTags);
    std::vector<std::uint64_t> order;
    for (std::uint64_t tag = 1; tag <= kTags; ++tag) order.push_back(tag);
    std::shuffle(order.begin(), order.end(), random);
    std::set<std::uint64_t> done;
    std::set<std::uint64_t> told;  // as the broker would know it
    for (const std::uint64_t tag : order) {
      window.done(tag);
      done.insert(tag);
      if (random() % 3 != 0) continue;
      for (const auto& [acked, multiple] : window.take()) {
        for (std::uint64_t each = multiple ? 1 : acked; each <= acked; ++each) told.insert(each);
        ASSERT_TRUE(told.contains(acked));
      }
      ASSERT_EQ(told, done) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace bb::client
