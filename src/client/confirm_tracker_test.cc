#include "client/confirm_tracker.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace bb::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Publishes as a channel does, and collects what becomes known.
class Tracked {
 public:
  std::uint64_t publish(std::string_view key, std::string_view id, std::string_view body = "") {
    return tracker.add(of(key, id, body));
  }
  bool comes_back(std::string_view key, std::string_view id, std::string_view body = "") {
    return tracker.mark_returned(of(key, id, body), "NO_ROUTE");
  }
  Result<void> ack(std::uint64_t tag) { return tracker.settle(tag, false, false, confirms); }
  Result<void> ack_up_to(std::uint64_t tag) { return tracker.settle(tag, true, false, confirms); }
  Result<void> nack(std::uint64_t tag) { return tracker.settle(tag, false, true, confirms); }

  std::vector<std::uint64_t> confirmed() const {
    std::vector<std::uint64_t> sequences;
    for (const Confirm& confirm : confirms) sequences.push_back(confirm.sequence);
    return sequences;
  }
  std::vector<std::uint64_t> returned() const {
    std::vector<std::uint64_t> sequences;
    for (const Confirm& confirm : confirms) {
      if (confirm.returned) sequences.push_back(confirm.sequence);
    }
    return sequences;
  }

  ConfirmTracker tracker;
  std::vector<Confirm> confirms;

 private:
  static std::uint64_t of(std::string_view key, std::string_view id, std::string_view body) {
    const auto message_id = id.empty() ? std::nullopt : std::optional(id);
    return ConfirmTracker::fingerprint("exchange", key, message_id, body);
  }
};

TEST(ConfirmTracker, CountsFromOne) {
  Tracked tracked;
  EXPECT_EQ(tracked.publish("key", "a"), 1u);
  EXPECT_EQ(tracked.publish("key", "b"), 2u);
}

TEST(ConfirmTracker, ConfirmsComeInAnyOrder) {
  Tracked tracked;
  for (const char* id : {"a", "b", "c"}) tracked.publish("key", id);
  ASSERT_TRUE(tracked.ack(2));
  EXPECT_EQ(tracked.tracker.window(), 3u);
  ASSERT_TRUE(tracked.nack(1));
  EXPECT_EQ(tracked.tracker.window(), 1u);
  ASSERT_TRUE(tracked.ack(3));
  EXPECT_EQ(tracked.tracker.window(), 0u);
  EXPECT_THAT(tracked.confirmed(), ElementsAre(2u, 1u, 3u));
  EXPECT_FALSE(tracked.confirms[0].nacked);
  EXPECT_TRUE(tracked.confirms[1].nacked);
}

TEST(ConfirmTracker, MultipleCoversWhatIsBeforeAndNothingTwice) {
  Tracked tracked;
  for (const char* id : {"a", "b", "c", "d"}) tracked.publish("key", id);
  ASSERT_TRUE(tracked.ack(2));
  ASSERT_TRUE(tracked.ack_up_to(3));
  EXPECT_THAT(tracked.confirmed(), ElementsAre(2u, 1u, 3u));
  ASSERT_TRUE(tracked.ack_up_to(3));
  ASSERT_TRUE(tracked.ack(1));
  EXPECT_THAT(tracked.confirmed(), ElementsAre(2u, 1u, 3u));
  ASSERT_TRUE(tracked.ack_up_to(0));
  EXPECT_THAT(tracked.confirmed(), ElementsAre(2u, 1u, 3u, 4u));
}

TEST(ConfirmTracker, AConfirmOfWhatWasNeverPublishedIsAnError) {
  Tracked tracked;
  EXPECT_FALSE(tracked.ack(1));
  tracked.publish("key", "a");
  EXPECT_FALSE(tracked.ack(0));
  EXPECT_FALSE(tracked.ack(2));
  EXPECT_FALSE(tracked.ack_up_to(2));
  EXPECT_THAT(tracked.confirms, IsEmpty());
}

TEST(ConfirmTracker, AReturnIsMatchedByMessageId) {
  Tracked tracked;
  for (const char* id : {"a", "b", "c"}) tracked.publish("key", id, "same body");
  ASSERT_TRUE(tracked.comes_back("key", "b", "same body"));
  ASSERT_TRUE(tracked.ack_up_to(3));
  EXPECT_THAT(tracked.returned(), ElementsAre(2u));
  EXPECT_EQ(tracked.confirms[1].return_text, "NO_ROUTE");
}

TEST(ConfirmTracker, AReturnWithoutMessageIdIsMatchedByBody) {
  Tracked tracked;
  for (const char* body : {"a", "b", "c"}) tracked.publish("key", "", body);
  ASSERT_TRUE(tracked.comes_back("key", "", "c"));
  ASSERT_TRUE(tracked.ack_up_to(3));
  EXPECT_THAT(tracked.returned(), ElementsAre(3u));
}

TEST(ConfirmTracker, ExchangeKeyAndIdAllCount) {
  const auto base = ConfirmTracker::fingerprint("e", "k", "id", "");
  EXPECT_EQ(base, ConfirmTracker::fingerprint("e", "k", "id", "another body"));
  EXPECT_NE(base, ConfirmTracker::fingerprint("f", "k", "id", ""));
  EXPECT_NE(base, ConfirmTracker::fingerprint("e", "l", "id", ""));
  EXPECT_NE(base, ConfirmTracker::fingerprint("e", "k", "ie", ""));
  EXPECT_NE(base, ConfirmTracker::fingerprint("ek", "", "id", ""));
  EXPECT_NE(base, ConfirmTracker::fingerprint("e", "k", std::nullopt, "id"));
}

TEST(ConfirmTracker, EqualMessagesComeBackInTheOrderOfPublishing) {
  Tracked tracked;
  for (int number = 0; number < 3; ++number) tracked.publish("key", "twin");
  ASSERT_TRUE(tracked.comes_back("key", "twin"));
  ASSERT_TRUE(tracked.ack(1));
  ASSERT_TRUE(tracked.comes_back("key", "twin"));
  ASSERT_TRUE(tracked.ack_up_to(3));
  EXPECT_THAT(tracked.returned(), ElementsAre(1u, 2u));
}

TEST(ConfirmTracker, ReturnsOutOfOrderAreFoundAsWell) {
  Tracked tracked;
  for (const char* id : {"a", "b", "c"}) tracked.publish("key", id);
  ASSERT_TRUE(tracked.comes_back("key", "c"));
  ASSERT_TRUE(tracked.comes_back("key", "a"));
  ASSERT_TRUE(tracked.ack_up_to(3));
  EXPECT_THAT(tracked.returned(), ElementsAre(1u, 3u));
}

TEST(ConfirmTracker, OnlyUnconfirmedMandatoryMessagesComeBack) {
  Tracked tracked;
  tracked.publish("key", "confirmed");
  tracked.publish("key", "pending");
  ASSERT_TRUE(tracked.ack(1));
  EXPECT_FALSE(tracked.comes_back("key", "confirmed"));
  EXPECT_FALSE(tracked.comes_back("key", "unknown"));
  EXPECT_TRUE(tracked.comes_back("key", "pending"));
  EXPECT_FALSE(tracked.comes_back("key", "pending"));

  ConfirmTracker optional_only;
  optional_only.add(std::nullopt);
  EXPECT_FALSE(optional_only.mark_returned(0, "NO_ROUTE"));
}

// A broker as RabbitMQ behaves: returns at once and in order, confirms later, some together,
// those of slow queues out of order.
TEST(ConfirmTracker, EveryFateReachesItsMessage) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed={}", seed));
  std::mt19937 random(seed);
  const auto one_in = [&](unsigned n) { return random() % n == 0; };

  Tracked tracked;
  std::set<std::uint64_t> unroutable;
  std::set<std::uint64_t> nacked;
  std::set<std::uint64_t> waiting;
  const auto settle = [&](std::uint64_t tag, bool multiple) {
    const bool refused = !multiple && one_in(10);
    if (refused) nacked.insert(tag);
    ASSERT_TRUE(tracked.tracker.settle(tag, multiple, refused, tracked.confirms));
    if (multiple) {
      waiting.erase(waiting.begin(), waiting.upper_bound(tag));
    } else {
      waiting.erase(tag);
    }
  };
  for (std::uint64_t number = 1; number <= 5000; ++number) {
    const std::string id = one_in(4) ? "" : fmt::format("id-{}", number);
    const std::string body = fmt::format("body-{}", number);
    ASSERT_EQ(tracked.publish("key", id, body), number);
    waiting.insert(number);
    if (one_in(3)) {
      unroutable.insert(number);
      ASSERT_TRUE(tracked.comes_back("key", id, body));
    }
    if (one_in(5)) settle(*std::next(waiting.begin(), random() % waiting.size()), false);
    if (one_in(50) && !waiting.empty()) {
      settle(*std::next(waiting.begin(), random() % waiting.size()), true);
    }
  }
  settle(5000, true);

  EXPECT_EQ(tracked.tracker.window(), 0u);
  EXPECT_EQ(tracked.confirms.size(), 5000u);
  for (const Confirm& confirm : tracked.confirms) {
    EXPECT_EQ(confirm.returned, unroutable.contains(confirm.sequence)) << confirm.sequence;
    EXPECT_EQ(confirm.nacked, nacked.contains(confirm.sequence)) << confirm.sequence;
  }
}

}  // namespace
}  // namespace bb::client
