#include "broker/confirm_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <ostream>
#include <random>

namespace bb::broker {

void PrintTo(const ConfirmTracker::Ack& ack, std::ostream* out) {
  *out << (ack.nack ? "nack " : "ack ") << ack.sequence << (ack.multiple ? " multiple" : "");
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ConfirmTracker::Ack ack(std::uint64_t sequence) {
  return {sequence, /*multiple=*/false, /*nack=*/false};
}
ConfirmTracker::Ack ack_up_to(std::uint64_t sequence) {
  return {sequence, /*multiple=*/true, /*nack=*/false};
}
ConfirmTracker::Ack nack(std::uint64_t sequence) {
  return {sequence, /*multiple=*/false, /*nack=*/true};
}

std::vector<ConfirmTracker::Ack> collected(ConfirmTracker& tracker, Position durable) {
  std::vector<ConfirmTracker::Ack> acks;
  tracker.collect(durable, acks);
  return acks;
}

TEST(ConfirmTracker, IsOffUntilItIsAskedFor) {
  ConfirmTracker tracker;
  EXPECT_FALSE(tracker.enabled());
  tracker.enable();
  EXPECT_TRUE(tracker.enabled());
  EXPECT_THAT(collected(tracker, 0), IsEmpty());
}

TEST(ConfirmTracker, OnePublishIsAnsweredByItsNumber) {
  ConfirmTracker tracker;
  tracker.confirm_next();
  EXPECT_THAT(collected(tracker, 0), ElementsAre(ack(1)));
  EXPECT_THAT(collected(tracker, 0), IsEmpty());
}

TEST(ConfirmTracker, SeveralAreAnsweredByOneMultiple) {
  ConfirmTracker tracker;
  for (int i = 0; i < 3; ++i) tracker.confirm_next();
  EXPECT_THAT(collected(tracker, 0), ElementsAre(ack_up_to(3)));
  tracker.confirm_next();
  EXPECT_THAT(collected(tracker, 0), ElementsAre(ack(4)));
}

TEST(ConfirmTracker, APublishWaitsUntilItsPositionIsDurable) {
  ConfirmTracker tracker;
  tracker.confirm_next_at(10);
  EXPECT_TRUE(tracker.waiting());
  EXPECT_THAT(collected(tracker, 9), IsEmpty());
  EXPECT_THAT(collected(tracker, 10), ElementsAre(ack(1)));
  EXPECT_FALSE(tracker.waiting());
}

TEST(ConfirmTracker, WhatBecameDurableTogetherIsAnsweredTogether) {
  ConfirmTracker tracker;
  for (const Position position : {Position{10}, Position{11}, Position{12}, Position{13}}) {
    tracker.confirm_next_at(position);
  }
  EXPECT_THAT(collected(tracker, 12), ElementsAre(ack_up_to(3)));
  EXPECT_THAT(collected(tracker, 13), ElementsAre(ack(4)));
}

TEST(ConfirmTracker, BehindOneThatWaitsEachIsAnsweredByItself) {
  ConfirmTracker tracker;
  tracker.confirm_next();       // 1
  tracker.confirm_next();       // 2
  tracker.confirm_next_at(10);  // 3
  tracker.confirm_next();       // 4
  tracker.confirm_next();       // 5
  EXPECT_THAT(collected(tracker, 9), ElementsAre(ack_up_to(2), ack(4), ack(5)));
  EXPECT_THAT(collected(tracker, 10), ElementsAre(ack(3)));
}

TEST(ConfirmTracker, WhatWaitedAndWhatDidNotGoIntoOneMultiple) {
  ConfirmTracker tracker;
  tracker.confirm_next_at(10);  // 1
  tracker.confirm_next();       // 2
  tracker.confirm_next_at(11);  // 3
  EXPECT_THAT(collected(tracker, 11), ElementsAre(ack_up_to(3)));
}

TEST(ConfirmTracker, ARefusalComesBeforeTheMultipleThatPassesIt) {
  ConfirmTracker tracker;
  tracker.confirm_next();  // 1
  tracker.refuse_next();   // 2
  tracker.refuse_next();   // 3
  tracker.confirm_next();  // 4
  EXPECT_THAT(collected(tracker, 0), ElementsAre(nack(2), nack(3), ack_up_to(4)));
}

TEST(ConfirmTracker, ARefusalDoesNotWait) {
  ConfirmTracker tracker;
  tracker.confirm_next_at(10);  // 1
  tracker.refuse_next();        // 2
  EXPECT_THAT(collected(tracker, 0), ElementsAre(nack(2)));
  EXPECT_THAT(collected(tracker, 10), ElementsAre(ack(1)));
}

TEST(ConfirmTracker, ARefusalThatIsKeptSomewhereWaits) {
  ConfirmTracker tracker;
  tracker.confirm_next_at(10);  // 1
  tracker.refuse_next_at(11);   // 2
  tracker.confirm_next_at(12);  // 3
  EXPECT_THAT(collected(tracker, 9), IsEmpty());
  EXPECT_THAT(collected(tracker, 10), ElementsAre(ack(1)));
  EXPECT_THAT(collected(tracker, 12), ElementsAre(nack(2), ack(3)));
}

// A client and a storage that remember every publish: each is answered once, rightly, and as
// soon as it can be.
TEST(ConfirmTracker, EveryPublishIsAnsweredOnce) {
  constexpr std::uint64_t kSeed = 0xAC4;
  SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
  std::mt19937_64 random(kSeed);
  struct Publish {
    std::optional<Position> position;
    bool refused = false;
  };
  ConfirmTracker tracker;
  std::map<std::uint64_t, Publish> unanswered;
  std::uint64_t published = 0;
  std::uint64_t multiples = 0;
  Position last = 0;
  Position durable = 0;

  for (int round = 0; round < 20'000; ++round) {
    for (std::uint64_t i = random() % 6; i > 0; --i) {
      Publish& publish = unanswered[++published];
      switch (random() % 5) {
        case 0:
          publish.refused = true;
          tracker.refuse_next();
          break;
        case 1:
          tracker.confirm_next();
          break;
        default:
          publish.position = last += 1 + random() % 3;
          tracker.confirm_next_at(*publish.position);
      }
    }
    if (random() % 3 == 0) durable += random() % (last - durable + 1);
    for (const ConfirmTracker::Ack& answer : collected(tracker, durable)) {
      multiples += answer.multiple ? 1 : 0;
      const auto last_answered = unanswered.find(answer.sequence);
      ASSERT_NE(last_answered, unanswered.end()) << testing::PrintToString(answer);
      const auto first = answer.multiple ? unanswered.begin() : last_answered;
      for (auto publish = first; publish != std::next(last_answered); ++publish) {
        ASSERT_EQ(publish->second.refused, answer.nack) << testing::PrintToString(answer);
        ASSERT_LE(publish->second.position.value_or(0), durable) << testing::PrintToString(answer);
      }
      unanswered.erase(first, std::next(last_answered));
    }
    for (const auto& [sequence, publish] : unanswered) {
      ASSERT_GT(publish.position.value_or(0), durable) << sequence << " could have been answered";
    }
    ASSERT_EQ(tracker.waiting(), !unanswered.empty());
  }
  EXPECT_GT(multiples, 0u);
}

}  // namespace
}  // namespace bb::broker
