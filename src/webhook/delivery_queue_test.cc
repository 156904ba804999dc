#include "webhook/delivery_queue.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "webhook/test_verdicts.h"

namespace bb::webhook {
namespace {

using Fate = DeliveryQueue::Fate;
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
      .give_up_after = 1h,
      .events_max = 3}};
  TimePoint now{1h};
};

TEST_F(Deliveries, LeaveInTheirOrderWhileNoneFails) {
  for (const DeliveryQueue::Key key : {7u, 3u, 5u}) ASSERT_TRUE(queue.add(key));
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
  for (const DeliveryQueue::Key key : {1u, 2u, 3u}) ASSERT_TRUE(queue.add(key));
  EXPECT_FALSE(queue.add(4));
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_FALSE(queue.add(4)) << "what is under way counts";
  ASSERT_EQ(finish(1, endpoint_failed()), Fate::kWaiting);
  EXPECT_FALSE(queue.add(4)) << "what waits to be tried again counts";
  now += 100ms;
  ASSERT_THAT(queue.start_next(now), Optional(2u));
  ASSERT_EQ(finish(2, delivered()), Fate::kDelivered);
  EXPECT_TRUE(queue.add(4));
}

TEST_F(Deliveries, OthersGoBeforeAnEventThatFailed) {
  queue.add(1);
  queue.add(2);
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_EQ(finish(1, event_refused()), Fate::kWaiting);
  EXPECT_THAT(queue.next_start(), Optional(now + 100ms)) << "the endpoint's wait";
  now += 100ms;
  ASSERT_THAT(queue.start_next(now), Optional(2u));
  EXPECT_EQ(finish(2, delivered()), Fate::kDelivered);
  EXPECT_EQ(queue.start_next(now), std::nullopt);
  EXPECT_THAT(queue.next_start(), Optional(now - 100ms + 10s)) << "the event's own";
  now += 10s;
  queue.add(3);
  EXPECT_THAT(queue.start_next(now), Optional(1u)) << "due, and older";
}

TEST_F(Deliveries, AnEventsWaitsGrowUpToTheMaximum) {
  queue.add(1);
  for (const auto wait : {10s, 20s, 40s, 60s, 60s}) {
    ASSERT_THAT(queue.start_next(now), Optional(1u));
    EXPECT_EQ(finish(1, event_refused()), Fate::kWaiting);
    EXPECT_THAT(queue.next_start(), Optional(now + wait));
    now += wait;
  }
}

TEST_F(Deliveries, ProbesAreNotHeldAgainstTheEvent) {
  queue.add(1);
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(queue.start_next(now), Optional(1u));
    EXPECT_EQ(finish(1, endpoint_failed()), Fate::kWaiting);
    EXPECT_THAT(queue.next_start(), Optional(now + 10s)) << i;
    now += 10s;
  }
}

// It answers 500 to this one event alone.
TEST_F(Deliveries, FailuresAtAnEndpointThatWorksForOthersAre) {
  queue.add(1);
  for (const auto wait : {10s, 20s, 40s, 60s}) {
    ASSERT_THAT(queue.start_next(now), Optional(1u));
    EXPECT_EQ(finish(1, endpoint_failed()), Fate::kWaiting);
    const TimePoint due = now + wait;
    now += 1s;
    ASSERT_TRUE(queue.add(2));
    ASSERT_THAT(queue.start_next(now), Optional(2u));
    ASSERT_EQ(finish(2, delivered()), Fate::kDelivered);
    EXPECT_THAT(queue.next_start(), Optional(due));
    now = due;
  }
}

TEST_F(Deliveries, AnEventIsGivenUpInTheEnd) {
  queue.add(1);
  const TimePoint first = now;
  Fate fate = Fate::kWaiting;
  while (fate == Fate::kWaiting) {
    ASSERT_THAT(queue.start_next(now), Optional(1u));
    EXPECT_LT(now, first + 1h + 61s);
    fate = finish(1, endpoint_failed());
    if (fate == Fate::kWaiting) now = queue.next_start().value();
  }
  EXPECT_EQ(fate, Fate::kGivenUp);
  EXPECT_GE(now, first + 1h);
  EXPECT_EQ(queue.size(), 0u);
}

TEST_F(Deliveries, WhatCannotBeSentIsGivenUpAtOnce) {
  queue.add(1);
  queue.add(2);
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_EQ(finish(1, unsendable()), Fate::kGivenUp);
  EXPECT_THAT(queue.start_next(now), Optional(2u));
}

TEST_F(Deliveries, NothingLeavesForAnEndpointThatIsGone) {
  queue.add(1);
  queue.add(2);
  ASSERT_THAT(queue.start_next(now), Optional(1u));
  EXPECT_EQ(finish(1, gone()), Fate::kGone);
  EXPECT_EQ(queue.start_next(now + 24h), std::nullopt);
  EXPECT_EQ(queue.next_start(), std::nullopt);
  EXPECT_EQ(queue.size(), 1u);
}

// An endpoint that answers after 20 ms and is down for two seconds of every four.
class FlakyEndpoint {
 public:
  static constexpr auto kPeriod = 2s;

  void post(DeliveryQueue::Key key, TimePoint now) { answers_.emplace(now + 20ms, key); }
  static bool is_down(TimePoint now) { return now.time_since_epoch() / kPeriod % 2 == 1; }

  std::multimap<TimePoint, DeliveryQueue::Key> answers_;  // by when they come
};

TEST(DeliveryStory, TenThousandEventsReachAnEndpointThatIsDownHalfOfTheTime) {
  constexpr std::size_t kEvents = 10'000;
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed=" << seed);
  std::mt19937_64 random(seed);
  DeliveryQueue queue(DeliveryOptions{});
  for (DeliveryQueue::Key key = 0; key < kEvents; ++key) ASSERT_TRUE(queue.add(key));

  FlakyEndpoint endpoint;
  std::set<DeliveryQueue::Key> done;
  std::map<std::int64_t, unsigned> failures;  // by the number of the period
  TimePoint now{};
  while (done.size() < kEvents) {
    while (const auto key = queue.start_next(now)) endpoint.post(*key, now);
    const auto begins = queue.next_start().value_or(TimePoint::max());
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
    const bool down = FlakyEndpoint::is_down(now);
    if (down) ++failures[now.time_since_epoch() / FlakyEndpoint::kPeriod];
    const Fate fate = queue.finish(key, down ? endpoint_failed() : delivered(), now, random());
    ASSERT_EQ(fate, down ? Fate::kWaiting : Fate::kDelivered);
    if (!down) {
      EXPECT_TRUE(done.insert(key).second) << "delivered twice";
    }
  }
  EXPECT_EQ(queue.size(), 0u);
  // It takes 25 s to take them all.
  EXPECT_LT(now.time_since_epoch(), 2min);
  EXPECT_GE(failures.size(), 5u) << "it was hardly ever down";
  // What was under way when it failed, eight, and then probes whose waits double from 50 ms at
  // least: five fit into two seconds, and one that began before.
  for (const auto& [period, count] : failures) EXPECT_LE(count, 14u) << period;
}

}  // namespace
}  // namespace bb::webhook
