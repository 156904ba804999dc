#include "broker/timer_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace bb::broker {
namespace {

using std::chrono::seconds;

constexpr std::size_t kAll = 1000;

TimePoint at(int second) {
  return TimePoint{} + seconds(second);
}

// Writes its name down when its time comes.
class NamedTimer final : public Timer {
 public:
  NamedTimer(char name, std::string& log) : name_(name), log_(log) {}
  void on_time() override { log_ += name_; }

 private:
  char name_;
  std::string& log_;
};

class TimerQueueTest : public testing::Test {
 protected:
  ~TimerQueueTest() override {
    for (Timer* timer : {&a, &b, &c}) timers.cancel(*timer);
  }
  std::string ran;
  TimerQueue timers;
  NamedTimer a{'a', ran}, b{'b', ran}, c{'c', ran};
};

TEST_F(TimerQueueTest, RunsWhatIsDueInOrder) {
  timers.set(c, at(3));
  timers.set(a, at(1));
  timers.set(b, at(2));
  EXPECT_EQ(timers.next(), at(1));
  timers.run(at(2), kAll);
  EXPECT_EQ(ran, "ab");
  EXPECT_FALSE(a.is_set());
  EXPECT_EQ(timers.next(), at(3));
}

TEST_F(TimerQueueTest, SettingAgainMovesATimer) {
  timers.set(a, at(1));
  timers.set(b, at(2));
  timers.set(a, at(3));
  timers.run(at(3), kAll);
  EXPECT_EQ(ran, "ba");
  EXPECT_EQ(timers.next(), std::nullopt);
}

TEST_F(TimerQueueTest, ACancelledTimerDoesNotRun) {
  timers.set(a, at(1));
  timers.cancel(a);
  timers.cancel(b);
  timers.run(at(1), kAll);
  EXPECT_EQ(ran, "");
}

TEST_F(TimerQueueTest, RunsNoMoreThanItIsAllowedTo) {
  timers.set(a, at(1));
  timers.set(b, at(1));
  timers.set(c, at(1));
  timers.run(at(1), 2);
  EXPECT_EQ(ran, "ab");
  timers.run(at(1), 2);
  EXPECT_EQ(ran, "abc");
}

TEST_F(TimerQueueTest, WhatSetsItselfAgainWaitsForTheNextRun) {
  class Restless final : public Timer {
   public:
    explicit Restless(TimerQueue& timers) : timers_(timers) {}
    ~Restless() override { timers_.cancel(*this); }
    void on_time() override {
      ++runs;
      timers_.set(*this, at(1));
    }
    int runs = 0;

   private:
    TimerQueue& timers_;
  } restless(timers);
  timers.set(restless, at(1));
  timers.set(a, at(1));
  timers.run(at(1), kAll);
  EXPECT_EQ(restless.runs, 1);
  EXPECT_EQ(ran, "a");
}

TEST_F(TimerQueueTest, TellsOnceThatAnEarlierTimeWasSet) {
  int told = 0;
  timers.set(a, at(5));
  timers.watch([&] { ++told; });
  timers.set(b, at(6));
  EXPECT_EQ(told, 0);
  timers.set(b, at(4));
  timers.set(c, at(3));
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace bb::broker
