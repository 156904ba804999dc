#include "broker/consumer_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "broker/queue.h"

namespace bb::broker {
namespace {

class FakeConsumer final : public Consumer {
 public:
  explicit FakeConsumer(char name) : name_(name) {}
  bool can_take() const override { return can_take_; }
  void deliver(QueuedMessage) override {}
  void cancelled() override {}

  char name() const { return name_; }
  void is_full(bool full = true) { can_take_ = !full; }

 private:
  char name_;
  bool can_take_ = true;
};

// Whom the next messages go to, a letter each and '-' for nobody.
std::string turns(ConsumerList& list, int count) {
  std::string names;
  for (int i = 0; i < count; ++i) {
    const auto* next = static_cast<const FakeConsumer*>(list.next());
    names.push_back(next == nullptr ? '-' : next->name());
  }
  return names;
}

class Consumers : public testing::Test {
 protected:
  FakeConsumer a_{'a'};
  FakeConsumer b_{'b'};
  FakeConsumer c_{'c'};
  ConsumerList list_{/*single_active=*/false};
  ConsumerList single_{/*single_active=*/true};
};

TEST_F(Consumers, TakeTurns) {
  EXPECT_EQ(turns(list_, 1), "-");
  for (FakeConsumer* consumer : {&a_, &b_, &c_}) list_.add(*consumer, 0, false);
  EXPECT_EQ(turns(list_, 4), "abca");
  list_.remove(b_);
  EXPECT_EQ(turns(list_, 3), "cac");
}

TEST_F(Consumers, WhoIsFullIsPassedOverUntilItIsResumed) {
  for (FakeConsumer* consumer : {&a_, &b_}) list_.add(*consumer, 0, false);
  a_.is_full();
  EXPECT_EQ(turns(list_, 2), "bb");
  a_.is_full(false);
  EXPECT_EQ(turns(list_, 2), "bb") << "nobody said so";
  list_.resume(a_);
  list_.resume(a_);  // once in line is enough
  EXPECT_EQ(turns(list_, 3), "bab");
  a_.is_full();
  b_.is_full();
  EXPECT_EQ(turns(list_, 1), "-");
  EXPECT_FALSE(list_.anyone_ready());
  list_.resume(b_);
  EXPECT_TRUE(list_.anyone_ready());
}

TEST_F(Consumers, HigherPrioritiesComeFirstWhileTheyCanTake) {
  list_.add(a_, 0, false);
  list_.add(b_, 10, false);
  list_.add(c_, 10, false);
  EXPECT_EQ(turns(list_, 3), "bcb");
  b_.is_full();
  EXPECT_EQ(turns(list_, 2), "cc");
  c_.is_full();
  EXPECT_EQ(turns(list_, 2), "aa");
  b_.is_full(false);
  list_.resume(b_);
  EXPECT_EQ(turns(list_, 2), "bb");
  list_.remove(b_);
  EXPECT_EQ(turns(list_, 1), "a");
}

TEST_F(Consumers, APriorityMayBeNegative) {
  list_.add(a_, -1, false);
  list_.add(b_, 0, false);
  EXPECT_EQ(turns(list_, 2), "bb");
}

TEST_F(Consumers, AnExclusiveOneIsAlone) {
  EXPECT_TRUE(list_.accepts(true));
  list_.add(a_, 0, true);
  EXPECT_FALSE(list_.accepts(false));
  EXPECT_FALSE(list_.accepts(true));
  list_.remove(a_);
  list_.add(b_, 0, false);
  EXPECT_TRUE(list_.accepts(false));
  EXPECT_FALSE(list_.accepts(true));
}

TEST_F(Consumers, TheSingleActiveOneGetsEverythingUntilItLeaves) {
  for (FakeConsumer* consumer : {&a_, &b_, &c_}) single_.add(*consumer, 0, false);
  EXPECT_EQ(turns(single_, 3), "aaa");
  EXPECT_TRUE(single_.is_active(a_));
  EXPECT_FALSE(single_.is_active(b_));
  a_.is_full();
  EXPECT_EQ(turns(single_, 1), "-") << "the others do not step in";
  single_.resume(b_);
  EXPECT_FALSE(single_.anyone_ready());
  a_.is_full(false);
  single_.resume(a_);
  EXPECT_EQ(turns(single_, 1), "a");
  single_.remove(b_);
  single_.remove(a_);
  EXPECT_EQ(turns(single_, 2), "cc");
  single_.remove(c_);
  EXPECT_EQ(turns(single_, 1), "-");
  single_.add(b_, 0, false);
  EXPECT_EQ(turns(single_, 1), "b");
}

TEST_F(Consumers, AFullActiveOneThatLeavesMakesRoom) {
  single_.add(a_, 0, false);
  single_.add(b_, 0, false);
  a_.is_full();
  EXPECT_EQ(turns(single_, 1), "-");
  single_.remove(a_);
  EXPECT_TRUE(single_.anyone_ready());
  EXPECT_EQ(turns(single_, 1), "b");
}

TEST_F(Consumers, TheNextActiveOneIsTheOneOfTheHighestPriority) {
  single_.add(a_, 0, false);
  single_.add(b_, 0, false);
  single_.add(c_, 5, false);
  EXPECT_EQ(turns(single_, 1), "a") << "nobody is replaced";
  single_.remove(a_);
  EXPECT_EQ(turns(single_, 1), "c");
}

TEST_F(Consumers, ASingleActiveOneIsNotExclusive) {
  EXPECT_FALSE(single_.accepts(true));
}

TEST_F(Consumers, LeaveInTheOrderInWhichTheyCame) {
  list_.add(a_, 0, false);
  list_.add(b_, 3, false);
  EXPECT_EQ(list_.remove_first(), &a_);
  EXPECT_EQ(list_.remove_first(), &b_);
  EXPECT_EQ(list_.remove_first(), nullptr);
  EXPECT_TRUE(list_.empty());
}

}  // namespace
}  // namespace bb::broker
