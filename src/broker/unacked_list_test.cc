#include "broker/unacked_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <map>
#include <random>

#include "broker/test_queues.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A list with words for what a channel does with it.
class TestList {
 public:
  void add(std::uint64_t tag, std::uint64_t consumer = 0) {
    list_.add({.delivery_tag = tag,
               .queue = Queue::Ptr(queues_["q"]),
               .consumer = consumer,
               .message = {.message = {}, .sequence = tag}});
  }
  void add_all(std::initializer_list<std::uint64_t> tags) {
    for (const std::uint64_t tag : tags) add(tag);
  }
  UnackedList* operator->() { return &list_; }

 private:
  TestQueues queues_;
  UnackedList list_;
};

std::vector<std::uint64_t> tags_of(const std::optional<std::vector<Unacked>>& unacked) {
  std::vector<std::uint64_t> tags;
  if (!unacked) return {UINT64_MAX};
  for (const Unacked& entry : *unacked) {
    EXPECT_TRUE(entry.queue);
    EXPECT_EQ(entry.message.sequence, entry.delivery_tag);
    tags.push_back(entry.delivery_tag);
  }
  return tags;
}

TEST(UnackedList, AMessageIsTakenOnce) {
  TestList list;
  list.add_all({1, 2, 3});
  for (const std::uint64_t tag : {2u, 1u, 3u}) {
    const auto taken = list->take(tag);
    ASSERT_TRUE(taken) << tag;
    EXPECT_EQ(taken->delivery_tag, tag);
    EXPECT_EQ(taken->message.sequence, tag);
    EXPECT_FALSE(list->take(tag)) << tag;
  }
  EXPECT_EQ(list->size(), 0u);
}

TEST(UnackedList, ATagThatWasNeverGivenIsUnknown) {
  TestList list;
  list.add_all({2, 5});
  for (const std::uint64_t tag : {0u, 1u, 3u, 6u}) {
    EXPECT_FALSE(list->take(tag)) << tag;
    if (tag != 0) {
      EXPECT_FALSE(list->take_up_to(tag)) << tag;
    }
  }
  EXPECT_EQ(list->size(), 2u);
}

TEST(UnackedList, TakingUpToATagTakesTheOldestFirst) {
  TestList list;
  list.add_all({1, 2, 3, 4, 5});
  list->take(2);
  EXPECT_THAT(tags_of(list->take_up_to(4)), ElementsAre(1, 3, 4));
  EXPECT_EQ(list->size(), 1u);
  EXPECT_FALSE(list->take_up_to(4)) << "it was taken";
  EXPECT_THAT(tags_of(list->take_all()), ElementsAre(5));
}

TEST(UnackedList, TagZeroTakesAllEvenOfNone) {
  TestList list;
  EXPECT_THAT(tags_of(list->take_up_to(0)), IsEmpty());
  list.add_all({1, 2, 3});
  list->take(2);
  EXPECT_THAT(tags_of(list->take_up_to(0)), ElementsAre(1, 3));
  EXPECT_EQ(list->size(), 0u);
}

TEST(UnackedList, RemembersWhoseEachMessageIs) {
  TestList list;
  list.add(1, /*consumer=*/7);
  list.add(2);
  const auto all = list->take_all();
  ASSERT_THAT(tags_of(all), ElementsAre(1, 2));
  EXPECT_EQ(all[0].consumer, 7u);
  EXPECT_EQ(all[1].consumer, 0u);
}

TEST(UnackedList, AgreesWithAMap) {
  constexpr std::uint64_t kSeed = 0x0ACC;
  SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
  std::mt19937_64 random(kSeed);
  TestList list;
  std::map<std::uint64_t, bool> model;
  std::uint64_t last = 0;
  for (int step = 0; step < 50'000; ++step) {
    SCOPED_TRACE(testing::Message() << "step " << step);
    const std::uint64_t tag = last - random() % (std::min<std::uint64_t>(last, 40) + 1);
    const auto known = model.find(tag);
    switch (random() % 32) {
      case 0: {
        std::vector<std::uint64_t> expected;
        for (const auto& [of_model, there] : model) expected.push_back(of_model);
        ASSERT_EQ(tags_of(list->take_all()), expected);
        model.clear();
        break;
      }
      case 1:
      case 2: {
        if (tag == 0) break;
        const auto taken = list->take_up_to(tag);
        ASSERT_EQ(taken.has_value(), known != model.end());
        if (!taken) break;
        std::vector<std::uint64_t> expected;
        for (auto entry = model.begin(); entry != std::next(known); ++entry) {
          expected.push_back(entry->first);
        }
        ASSERT_EQ(tags_of(taken), expected);
        model.erase(model.begin(), std::next(known));
        break;
      }
      default:
        if (random() % 2 == 0) {
          last += 1 + random() % 3;
          list.add(last);
          model[last] = true;
          break;
        }
        const auto taken = list->take(tag);
        ASSERT_EQ(taken.has_value(), known != model.end());
        if (!taken) break;
        ASSERT_EQ(taken->delivery_tag, tag);
        model.erase(known);
    }
    ASSERT_EQ(list->size(), model.size());
  }
}

// The allocator is asked, since the list shows nothing of its gaps. A sanitizer's does not count.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(UnackedList, MemoryStaysInProportionToWhatIsUnacknowledged) {
  constexpr std::uint64_t kTags = 1 << 17;
  TestList list;
  const std::size_t empty_bytes = ::mallinfo2().uordblks;
  std::vector<std::uint64_t> left;
  for (std::uint64_t tag = 1; tag <= kTags; ++tag) {
    list.add(tag);
    left.push_back(tag);
  }
  // Every second one is acknowledged, then every second one of those left, and so on.
  while (left.size() > 1024) {
    std::vector<std::uint64_t> kept;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (i % 2 == 0) {
        kept.push_back(left[i]);
      } else {
        ASSERT_TRUE(list->take(left[i]));
      }
    }
    left = std::move(kept);
  }
  ASSERT_EQ(list->size(), left.size());
  const std::size_t tags_bytes = left.capacity() * sizeof(std::uint64_t);
  const std::size_t list_bytes = ::mallinfo2().uordblks - empty_bytes - tags_bytes;
  EXPECT_LT(list_bytes, kTags * sizeof(Unacked) / 10);
}
#endif

}  // namespace
}  // namespace bb::broker
