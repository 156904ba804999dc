#include "webhook/delivery_queue.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "webhook/test_verdicts.h"

namespace bb::webhook {
namespace {

using Fate = DeliveryQueue::Fate;
using History = DeliveryQueue::History;
using testing::Optional;
using namespace std::chrono_literals;

constexpr std::uint64_t kLongest = ~std::uint64_t{0};  // the jitter

class Deliveries : public testing::Test {
 protected:
  Fate finish(DeliveryQueue::Key key, const Verdict& verdict) {
    return queue.finish(key, verdict, now, kLongest);
  }

  DeliveryQueue queue{DeliveryOptions{
      .pacer = {.backoff = {.delay = 100ms, .factor = 2, .delay_max = 1s}, .window_max = 4},
      .event_backoff = {.delay = 10s, .factor = 2, .delay_max = 60s},
      .attempts_max = 20,
      .hold_max = 10min,
      .events_max = 3}};
  TimePoint now{1h};
};

TEST_F(Deliveries, LeaveInTheirOrderWhileNoneFails) {
  for (const DeliveryQueue::Key key : {7u, 3u, 5u}) ASSERT_TRUE(queue.add(key, History::kNew, now));
  EXPECT_THAT(queue.start_next(now), Optional(7u));
  EXPECT_EQ(queue.start_next(now), std::nullopt) << "the window is one";
  EXPECT_EQ(finish(7, delivered()), Fate::kDelivered);
  EXPECT_THAT(queue.start_next(now), Optional(3u));
  EXPECT_THAT(queue.start_next(now), Optional(5u));
  EXPECT_EQ(queue.in_flight(), 2u);
  EXPECT_EQ(finish(5, delivered()), Fate::kDelivered);
  EXPECT_EQ(finish(3, delivered()), Fate::kDelivered);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.next_start(), std::nullopt);
}

TEST_F(Deliveries, AreBounded) {
  for (const DeliveryQueue::Key key : {1u, 2u, 3u}) ASSERT_TRUE(queue.add(key, History::kNew, now));
  EXPECT_FALSE(queue.add(4, History::kNew, now));
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_FALSE(queue.add(4, History::kNew, now)) << "what is under way counts";
  ASSERT_EQ(finish(1, endpoint_failed()), Fate::kWaiting);
  EXPECT_FALSE(queue.add(4, History::kNew, now)) << "what waits to be tried again counts";
  now += 100ms;
  ASSERT_THAT(queue.start_next(now), Optional(2u));
  ASSERT_EQ(finish(2, delivered()), Fate::kDelivered);
  EXPECT_TRUE(queue.add(4, History::kNew, now));
}

TEST_F(Deliveries, OthersGoBeforeAnEventThatFailed) {
  queue.add(1, History::kNew, now);
  queue.add(2, History::kNew, now);
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_EQ(finish(1, endpoint_failed()), Fate::kWaiting);
  EXPECT_THAT(queue.next_start(), Optional(now + 100ms)) << "the endpoint's wait";
  now += 100ms;
  ASSERT_THAT(queue.start_next(now), Optional(2u));
  EXPECT_EQ(finish(2, delivered()), Fate::kDelivered);
  EXPECT_EQ(queue.start_next(now), std::nullopt);
  EXPECT_THAT(queue.next_start(), Optional(now - 100ms + 10s)) << "the event's own";
  now += 10s;
  queue.add(3, History::kNew, now);
  EXPECT_THAT(queue.start_next(now), Optional(1u)) << "due, and older";
}

// However often: the endpoint says nothing about this one event.
TEST_F(Deliveries, ProbesAreNotHeldAgainstTheEvent) {
  queue.add(1, History::kNew, now);
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(queue.start_next(now), Optional(1u));
    EXPECT_EQ(finish(1, endpoint_failed()), Fate::kWaiting);
    EXPECT_THAT(queue.next_start(), Optional(now + 10s)) << i;
    now += 10s;
  }
}

// It answers 500 to this one event alone.
TEST_F(Deliveries, AnEventThatFailsWhereOthersDoNotWaitsLongerAndIsHandedBack) {
  queue.add(1, History::kNew, now);
  for (const auto wait : {10s, 20s}) {
    ASSERT_THAT(queue.start_next(now), Optional(1u));
    EXPECT_EQ(finish(1, endpoint_failed()), Fate::kWaiting);
    const TimePoint due = now + wait;
    now += 1s;
    ASSERT_TRUE(queue.add(2, History::kNew, now));
    ASSERT_THAT(queue.start_next(now), Optional(2u));
    ASSERT_EQ(finish(2, delivered()), Fate::kDelivered);
    EXPECT_THAT(queue.next_start(), Optional(due));
    now = due;
  }
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_EQ(finish(1, endpoint_failed()), Fate::kHandedBack);
  EXPECT_EQ(queue.size(), 0u);
  ASSERT_TRUE(queue.add(1, History::kNew, now)) << "it may come again";
}

TEST_F(Deliveries, WhatWaitsForTooLongIsHandedBack) {
  queue.add(1, History::kNew, now);
  queue.add(2, History::kNew, now + 1s);
  const TimePoint end = now + 10min;
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_THAT(queue.next_overdue(), Optional(end + 1s)) << "not what is being posted";
  ASSERT_EQ(finish(1, endpoint_failed()), Fate::kWaiting);
  EXPECT_THAT(queue.next_overdue(), Optional(end));
  EXPECT_EQ(queue.take_overdue(end - 1ms), std::nullopt);
  EXPECT_THAT(queue.take_overdue(end), Optional(1u)) << "one that failed";
  EXPECT_EQ(queue.take_overdue(end), std::nullopt);
  EXPECT_THAT(queue.take_overdue(end + 1s), Optional(2u)) << "one that was never tried";
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.next_overdue(), std::nullopt);
  EXPECT_EQ(queue.next_start(), std::nullopt);
}

TEST_F(Deliveries, WhatIsPostedForTooLongIsHandedBackWhenThatFails) {
  queue.add(1, History::kNew, now);
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  now += 10min;
  EXPECT_EQ(queue.take_overdue(now), std::nullopt);
  EXPECT_EQ(finish(1, endpoint_failed()), Fate::kHandedBack);
}

TEST_F(Deliveries, AnEndpointThatFailsIsProbedWithWhatWasNotTriedOldestAndNewestByTurns) {
  ASSERT_TRUE(queue.add(9, History::kFailedBefore, now));
  ASSERT_THAT(queue.start_next(now), Optional(9u));
  ASSERT_EQ(finish(9, endpoint_failed()), Fate::kWaiting);
  now += 1min;
  for (const DeliveryQueue::Key key : {1u, 2u}) ASSERT_TRUE(queue.add(key, History::kNew, now));
  for (const DeliveryQueue::Key key : {1u, 2u, 9u, 1u}) {
    ASSERT_THAT(queue.start_next(now), Optional(key));
    ASSERT_EQ(finish(key, endpoint_failed()), Fate::kWaiting);
    now += 1min;  // all that failed are due
  }
}

TEST_F(Deliveries, AnEndpointThatWorksGetsWhatFailedAndWhatIsNewByTurns) {
  for (const DeliveryQueue::Key key : {1u, 2u}) {
    ASSERT_TRUE(queue.add(key, History::kFailedBefore, now));
  }
  queue.add(3, History::kNew, now);
  for (const DeliveryQueue::Key key : {1u, 3u, 2u}) {
    ASSERT_THAT(queue.start_next(now), Optional(key));
    ASSERT_EQ(finish(key, delivered()), Fate::kDelivered);
  }
}

// There may be no other to find out with that it is not the endpoint.
TEST_F(Deliveries, OneIsHandedBackAfterSomeProbes) {
  DeliveryOptions options;
  options.attempts_max = 3;
  DeliveryQueue alone(options);
  alone.add(1, History::kNew, now);
  for (const Fate fate : {Fate::kWaiting, Fate::kWaiting, Fate::kHandedBack}) {
    now = std::max(now, alone.next_start().value());
    ASSERT_THAT(alone.start_next(now), Optional(1u));
    EXPECT_EQ(alone.finish(1, endpoint_failed(), now, kLongest), fate);
  }
  EXPECT_EQ(alone.size(), 0u);
}

TEST_F(Deliveries, WhatIsRefusedForWhatItIsLeaves) {
  queue.add(1, History::kNew, now);
  queue.add(2, History::kNew, now);
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_EQ(finish(1, event_refused()), Fate::kRefused);
  EXPECT_EQ(queue.size(), 1u);
}

TEST_F(Deliveries, WhatCannotBeSentLeavesAtOnce) {
  queue.add(1, History::kNew, now);
  queue.add(2, History::kNew, now);
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_EQ(finish(1, unsendable()), Fate::kUnsendable);
  EXPECT_THAT(queue.start_next(now), Optional(2u));
}

TEST_F(Deliveries, NothingLeavesForAnEndpointThatIsGone) {
  queue.add(1, History::kNew, now);
  queue.add(2, History::kNew, now);
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_EQ(finish(1, gone()), Fate::kGone);
  EXPECT_EQ(queue.start_next(now + 24h), std::nullopt);
  EXPECT_EQ(queue.next_start(), std::nullopt);
  EXPECT_EQ(queue.size(), 1u);
}

// An endpoint that answers after 20 ms and is down for every other period.
class FlakyEndpoint {
 public:
  explicit FlakyEndpoint(std::chrono::seconds period) : period_(period) {}

  void post(DeliveryQueue::Key key, TimePoint now) { answers_.emplace(now + 20ms, key); }
  std::int64_t period(TimePoint now) const { return now.time_since_epoch() / period_; }
  bool is_down(TimePoint now) const { return period(now) % 2 == 1; }

  std::chrono::seconds period_;
  std::multimap<TimePoint, DeliveryQueue::Key> answers_;  // by when they come
};

// Where events come from and wait when they are handed back: the delay queues of a service.
class Source {
 public:
  // The waits are those of a service's delay queues.
  void take_back(DeliveryQueue::Key key, TimePoint now) {
    const unsigned times = ++times_[key];
    waiting_.emplace(now + (times == 1 ? 1s : times == 2 ? 5s : times == 3 ? 25s : 125s), key);
  }
  TimePoint next() const { return waiting_.empty() ? TimePoint::max() : waiting_.begin()->first; }
  void give(DeliveryQueue& queue, TimePoint now) {
    while (next() <= now) {
      ASSERT_TRUE(
          queue.add(waiting_.extract(waiting_.begin()).mapped(), History::kFailedBefore, now));
    }
  }

 private:
  std::map<DeliveryQueue::Key, unsigned> times_;
  std::multimap<TimePoint, DeliveryQueue::Key> waiting_;
};

struct Delivered {
  TimePoint end;
  std::map<std::int64_t, unsigned> failures;  // by the number of the endpoint's period
};

// Delivers so many events, and checks that each arrives once.
void deliver(std::size_t events_count, FlakyEndpoint endpoint, Delivered& story) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed=" << seed);
  std::mt19937_64 random(seed);
  DeliveryQueue queue(DeliveryOptions{});
  TimePoint now{};
  for (DeliveryQueue::Key key = 0; key < events_count; ++key)
    ASSERT_TRUE(queue.add(key, History::kNew, now));
  Source source;
  std::set<DeliveryQueue::Key> done;
  while (done.size() < events_count) {
    source.give(queue, now);
    while (const auto key = queue.take_overdue(now)) source.take_back(*key, now);
    while (const auto key = queue.start_next(now)) endpoint.post(*key, now);
    const auto begins = std::min({queue.next_start().value_or(TimePoint::max()), source.next(),
                                  queue.next_overdue().value_or(TimePoint::max())});
    const auto answers =
        endpoint.answers_.empty() ? TimePoint::max() : endpoint.answers_.begin()->first;
    ASSERT_NE(std::min(begins, answers), TimePoint::max()) << "nothing would ever happen";
    if (begins < answers) {
      now = begins;
      continue;
    }
    now = answers;
    const DeliveryQueue::Key key = endpoint.answers_.begin()->second;
    endpoint.answers_.erase(endpoint.answers_.begin());
    const bool down = endpoint.is_down(now);
    if (down) ++story.failures[endpoint.period(now)];
    const Fate fate = queue.finish(key, down ? endpoint_failed() : delivered(), now, random());
    if (down) {
      if (fate == Fate::kHandedBack) {
        source.take_back(key, now);
      } else {
        ASSERT_EQ(fate, Fate::kWaiting);
      }
    } else {
      ASSERT_EQ(fate, Fate::kDelivered);
      EXPECT_TRUE(done.insert(key).second) << "delivered twice";
    }
  }
  EXPECT_EQ(queue.size(), 0u);
  story.end = now;
}

// With a period that is short against the longest pause each probe is a throw of a coin, which no
// bound of its time outlasts for certain. Of 20,000 runs one in ten took more than two minutes, and
// one six.
TEST(DeliveryStory, TenThousandEventsReachAnEndpointThatIsDownHalfOfTheTime) {
  Delivered story;
  ASSERT_NO_FATAL_FAILURE(deliver(10'000, FlakyEndpoint(2s), story));
  EXPECT_GE(story.failures.size(), 5u) << "it was hardly ever down";
  // What was under way when it failed, eight, and then probes whose waits double from 50 ms at
  // least: five fit into two seconds, and one that began before.
  for (const auto& [period, count] : story.failures) EXPECT_LE(count, 14u) << period;
}

// With one that is long against it the endpoint is found within 30 s, and takes 400 events a second
// from then on: 12,000 at least in each period. The last ones may have been handed back for two
// minutes and find it down then.
TEST(DeliveryStory, AnEndpointThatIsBackIsFoundWithinTheLongestPause) {
  Delivered story;
  ASSERT_NO_FATAL_FAILURE(deliver(60'000, FlakyEndpoint(60s), story));
  EXPECT_LT(story.end.time_since_epoch(), 2 * 5 * 60s + 4min);
  EXPECT_GE(story.failures.size(), 2u);
  for (const auto& [period, count] : story.failures) EXPECT_LE(count, 8u + 11u + 1u) << period;
}

// What its receiver cannot digest does not hold up the rest, however much of it there is.
TEST(DeliveryStory, EventsThatAlwaysFailHoldUpNoOthers) {
  constexpr DeliveryQueue::Key kPoison = 20;  // the first ones
  constexpr DeliveryQueue::Key kEvents = 1'000;
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed=" << seed);
  std::mt19937_64 random(seed);
  DeliveryQueue queue(DeliveryOptions{});
  TimePoint now{};
  for (DeliveryQueue::Key key = 0; key < kEvents; ++key)
    ASSERT_TRUE(queue.add(key, History::kNew, now));
  std::size_t delivered_count = 0;
  std::set<DeliveryQueue::Key> handed_back;
  while (queue.size() > 0) {
    now = std::max(now, queue.next_start().value());
    const auto key = queue.start_next(now);
    ASSERT_TRUE(key);
    now += 20ms;
    const bool is_poison = *key < kPoison;
    const Fate fate =
        queue.finish(*key, is_poison ? endpoint_failed() : delivered(), now, random());
    if (fate == Fate::kDelivered) ++delivered_count;
    if (fate == Fate::kHandedBack) handed_back.insert(*key);
    // The others take 20 s, one after the other.
    if (delivered_count == kEvents - kPoison) {
      EXPECT_LT(now.time_since_epoch(), 1min);
    }
    ASSERT_LT(now.time_since_epoch(), 10min);
  }
  EXPECT_EQ(delivered_count, kEvents - kPoison);
  EXPECT_EQ(handed_back.size(), kPoison);
}

}  // namespace
}  // namespace bb::webhook
