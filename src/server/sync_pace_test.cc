#include "server/sync_pace.h"

#include <gtest/gtest.h>

namespace bb::server {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class SyncPaceTest : public testing::Test {
 protected:
  // A publisher's next event comes `after` the confirm, or `events` at once do; is synced, and
  // confirmed. Whether the sync ran in the loop.
  bool publish(microseconds after, std::uint64_t events = 1,
               microseconds took = microseconds(200)) {
    now_ += after;
    published_ += events;
    const bool in_loop = pace_.begin(now_, published_, delivered_);
    now_ += took;
    EXPECT_EQ(pace_.end(now_, 0), SyncPace::Duration::zero());
    return in_loop;
  }
  bool one_by_one() {
    bool in_loop = false;
    for (int i = 0; i < 20; ++i) in_loop = publish(microseconds(50));
    return in_loop;
  }

  // A sync during which more came. Events come during the wait, at `gap` from its begin and from
  // each other, at most `events` of them. How long the wait was.
  SyncPace::Duration wait(microseconds gap, int events) {
    pace_.begin(now_, published_ += 10, delivered_);
    now_ += microseconds(200);
    const SyncPace::Duration duration = pace_.end(now_, 1000);
    if (duration == SyncPace::Duration::zero()) return duration;
    for (int i = 1; i <= events && gap * i <= duration; ++i) pace_.arrived(now_ + gap * i);
    now_ += duration;
    pace_.waited(now_, /*enough=*/false);
    return duration;
  }
  SyncPace::Duration wait_after_many(microseconds gap, int events) {
    for (int i = 0; i < 30; ++i) wait(gap, events);
    return wait(gap, events);
  }

  SyncPace pace_;
  SyncPace::Time now_ = SyncPace::Time(std::chrono::hours(1));
  std::uint64_t published_ = 0;
  std::uint64_t delivered_ = 0;
};

TEST_F(SyncPaceTest, OneEventAfterTheOtherIsSyncedInTheLoop) {
  EXPECT_FALSE(publish(microseconds(50)));
  EXPECT_TRUE(one_by_one());
}

TEST_F(SyncPaceTest, NotWhileOthersPublish) {
  EXPECT_TRUE(one_by_one());
  EXPECT_FALSE(publish(microseconds(50), 2));
  EXPECT_FALSE(publish(microseconds(50)));
  EXPECT_TRUE(one_by_one());
}

TEST_F(SyncPaceTest, NotWhileSomebodyReceives) {
  EXPECT_TRUE(one_by_one());
  ++delivered_;
  EXPECT_FALSE(publish(microseconds(50)));
}

TEST_F(SyncPaceTest, NotForAPublisherThatDoesNotWaitForTheConfirm) {
  EXPECT_TRUE(one_by_one());
  EXPECT_FALSE(publish(milliseconds(5)));
}

TEST_F(SyncPaceTest, NotOnASlowDisk) {
  EXPECT_TRUE(one_by_one());
  publish(microseconds(50), 1, milliseconds(20));
  EXPECT_FALSE(publish(microseconds(50)));
}

TEST_F(SyncPaceTest, NothingElseToSyncIsNotWaitedFor) {
  pace_.begin(now_, 1, 0);
  EXPECT_EQ(pace_.end(now_ + milliseconds(1), 0), SyncPace::Duration::zero());
}

TEST_F(SyncPaceTest, MuchIsSyncedAtOnce) {
  pace_.begin(now_, 1, 0);
  EXPECT_EQ(pace_.end(now_, SyncPace::kEnoughBytes), SyncPace::Duration::zero());
  EXPECT_GT(pace_.end(now_, SyncPace::kEnoughBytes - 1), SyncPace::Duration::zero());
}

TEST_F(SyncPaceTest, WaitsForEventsThatKeepComing) {
  EXPECT_EQ(wait_after_many(microseconds(100), 1000), SyncPace::kWaitMax);
}

TEST_F(SyncPaceTest, WaitsNoLongerThanPublishersTakeToAnswerAConfirm) {
  const auto wait = wait_after_many(microseconds(20), 8);
  EXPECT_GE(wait, microseconds(160));
  EXPECT_LE(wait, microseconds(240));
}

TEST_F(SyncPaceTest, DoesNotWaitInVain) {
  EXPECT_EQ(wait_after_many(microseconds(20), 0), SyncPace::Duration::zero());
}

TEST_F(SyncPaceTest, FindsOutThatWaitingPaysAgain) {
  EXPECT_EQ(wait_after_many(microseconds(20), 0), SyncPace::Duration::zero());
  SyncPace::Duration longest{};
  for (int i = 0; i < 500; ++i) longest = std::max(longest, wait(microseconds(20), 1000));
  EXPECT_EQ(longest, SyncPace::kWaitMax);
}

TEST_F(SyncPaceTest, AWaitThatWasCutShortPaid) {
  for (int i = 0; i < 30; ++i) {
    pace_.begin(now_, published_ += 10, delivered_);
    ASSERT_GT(pace_.end(now_, 1000), SyncPace::Duration::zero());
    now_ += microseconds(100);
    pace_.waited(now_, /*enough=*/true);
  }
  EXPECT_EQ(wait(microseconds(20), 0), SyncPace::kWaitMax);
}

}  // namespace
}  // namespace bb::server
