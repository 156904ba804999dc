#include "webhook/endpoint_pacer.h"

#include <gmock/gmock.h>

#include <vector>

#include "webhook/test_verdicts.h"

namespace bb::webhook {
namespace {

using State = EndpointPacer::State;
using namespace std::chrono_literals;

// The jitter at its longest: delays are those of the options.
constexpr std::uint64_t kLongest = ~std::uint64_t{0};

class Pacer : public testing::Test {
 protected:
  // Begins as many posts as it may.
  unsigned start_all() {
    unsigned count = 0;
    for (; pacer.may_start(now); ++count) started.push_back(pacer.start(now));
    return count;
  }

  // The oldest post that was begun ends like this.
  void finish(const Verdict& verdict) {
    const auto generation = started.front();
    started.erase(started.begin());
    pacer.finish(generation, verdict, now, kLongest);
  }

  void open_window() {
    while (pacer.window() < 8) {
      start_all();
      while (!started.empty()) finish(delivered());
    }
  }

  EndpointPacer pacer{
      PacerOptions{.backoff = {.delay = 100ms, .factor = 2, .delay_max = 1s}, .window_max = 8}};
  TimePoint now{1h};
  std::vector<EndpointPacer::Generation> started;
};

TEST_F(Pacer, BeginsWithOnePostAndGrowsWithEachSuccess) {
  EXPECT_EQ(start_all(), 1u);
  finish(delivered());
  EXPECT_EQ(start_all(), 2u);
  finish(delivered());
  finish(delivered());
  EXPECT_EQ(start_all(), 4u);
  for (int i = 0; i < 4; ++i) finish(delivered());
  EXPECT_EQ(start_all(), 8u);
  for (int i = 0; i < 8; ++i) finish(delivered());
  EXPECT_EQ(start_all(), 8u) << "the maximum";
}

TEST_F(Pacer, AFailureLeavesOneProbeAfterAWait) {
  open_window();
  start_all();
  finish(endpoint_failed());
  EXPECT_EQ(pacer.state(), State::kFailing);
  for (int i = 0; i < 7; ++i) finish(endpoint_failed());
  EXPECT_EQ(start_all(), 0u);
  EXPECT_EQ(pacer.next_start(), now + 100ms);
  now += 99ms;
  EXPECT_EQ(start_all(), 0u);
  now += 1ms;
  EXPECT_EQ(start_all(), 1u);
  EXPECT_EQ(pacer.next_start(), std::nullopt) << "one at a time";
}

TEST_F(Pacer, NoProbeWhileOldPostsAreUnderWay) {
  open_window();
  start_all();
  finish(endpoint_failed());
  now += 1h;
  EXPECT_EQ(start_all(), 0u);
  for (int i = 0; i < 6; ++i) finish(endpoint_failed());
  EXPECT_EQ(start_all(), 0u);
  finish(delivered());
  EXPECT_EQ(start_all(), 1u);
}

TEST_F(Pacer, PostsThatFailTogetherAreOneFailure) {
  open_window();
  start_all();
  for (int i = 0; i < 8; ++i) finish(endpoint_failed());
  EXPECT_EQ(pacer.failures(), 1u);
  EXPECT_EQ(pacer.paused_until(), now + 100ms);
}

TEST_F(Pacer, ASuccessFromBeforeTheFailureSaysNothing) {
  open_window();
  start_all();
  finish(endpoint_failed());
  finish(delivered());
  EXPECT_EQ(pacer.state(), State::kFailing);
  EXPECT_EQ(pacer.window(), 1u);
}

TEST_F(Pacer, WaitsGrowUpToTheMaximumAndASuccessEndsThem) {
  for (const auto wait : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    EXPECT_EQ(start_all(), 1u);
    finish(endpoint_failed());
    EXPECT_EQ(pacer.next_start(), now + wait);
    now += wait;
  }
  EXPECT_EQ(start_all(), 1u);
  finish(delivered());
  EXPECT_EQ(pacer.state(), State::kWorking);
  EXPECT_EQ(start_all(), 2u);
  finish(endpoint_failed());
  EXPECT_EQ(pacer.paused_until(), now + 100ms) << "from the beginning again";
}

TEST_F(Pacer, LeavesTheEndpointAloneForAsLongAsItAsks) {
  start_all();
  finish(endpoint_failed(30s));
  EXPECT_EQ(pacer.next_start(), now + 30s);
  now += 30s;
  start_all();
  finish(endpoint_failed(0s));
  EXPECT_EQ(pacer.next_start(), now + 200ms) << "the wait of its own is longer than 0 s";
}

TEST_F(Pacer, AWishToBeLeftAloneCountsFromOldPostsToo) {
  open_window();
  start_all();
  finish(endpoint_failed());
  finish(endpoint_failed(30s));
  EXPECT_EQ(pacer.failures(), 1u);
  EXPECT_EQ(pacer.paused_until(), now + 30s);
  finish(endpoint_failed(10s));
  EXPECT_EQ(pacer.paused_until(), now + 30s) << "the longest counts";
}

TEST_F(Pacer, ARefusedEventHalvesTheWindowAndPausesNothing) {
  open_window();
  start_all();
  finish(event_refused());
  EXPECT_EQ(pacer.window(), 4u);
  EXPECT_EQ(pacer.state(), State::kWorking);
  EXPECT_LE(pacer.paused_until(), now);
  finish(event_refused());
  finish(event_refused());
  EXPECT_EQ(pacer.window(), 1u);
  EXPECT_EQ(pacer.state(), State::kWorking);
  finish(event_refused());
  EXPECT_EQ(pacer.window(), 1u);
  EXPECT_EQ(pacer.state(), State::kWorking);
  EXPECT_LE(pacer.paused_until(), now);
}

TEST_F(Pacer, AnEndpointThatRefusesAnEventWorksAgain) {
  start_all();
  finish(endpoint_failed());
  ASSERT_EQ(pacer.state(), State::kFailing);
  now = pacer.next_start().value();
  start_all();
  finish(event_refused());
  EXPECT_EQ(pacer.state(), State::kWorking);
}

TEST_F(Pacer, RefusedEventsAmongGoodOnesLeaveItWorking) {
  for (int i = 0; i < 100; ++i) {
    start_all();
    finish(delivered());
    start_all();
    finish(event_refused());
    EXPECT_EQ(pacer.state(), State::kWorking);
  }
}

TEST_F(Pacer, GoneIsForEver) {
  open_window();
  start_all();
  finish(gone());
  EXPECT_EQ(pacer.state(), State::kDisabled);
  for (int i = 0; i < 7; ++i) finish(delivered());
  EXPECT_EQ(pacer.state(), State::kDisabled);
  now += 24h;
  EXPECT_EQ(start_all(), 0u);
  EXPECT_EQ(pacer.next_start(), std::nullopt);
}

TEST_F(Pacer, AnEventThatWasNeverSentSaysNothingAboutTheEndpoint) {
  start_all();
  finish(unsendable());
  EXPECT_EQ(pacer.state(), State::kWorking);
  EXPECT_EQ(start_all(), 1u);
}

}  // namespace
}  // namespace bb::webhook
