// How many posts an endpoint gets at once, and how soon after it failed. No clock, no sockets.
//
//   working   up to `window` posts at once: one at first, one more with each success, up to a
//             maximum; half as many when an event is refused for what it is, but no pause: an
//             endpoint that looked at an event works
//   failing   one post at a time (a probe), each after a longer wait than the one before: what else
//             waits does not hammer an endpoint that is down. One success, or refusal, and it works
//             again.
//   disabled  none any more: it has answered 410
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "webhook/attempt.h"
#include "webhook/retry_schedule.h"

namespace bb::webhook {

struct PacerOptions {
  // The waits of a failing endpoint. Short at first, because a restart takes a second; the maximum
  // is what a repaired endpoint may have to wait for.
  RetryOptions backoff{
      .delay = std::chrono::milliseconds(100), .factor = 2, .delay_max = std::chrono::seconds(30)};
  unsigned window_max = 8;  // posts at once; at least one
};

// Not thread-safe.
class EndpointPacer {
 public:
  enum class State : std::uint8_t { kWorking, kFailing, kDisabled };
  // Of the state in which a post began. What comes of posts that began before an endpoint failed
  // says nothing about it now: eight that fail together are one failure.
  using Generation = std::uint64_t;

  explicit EndpointPacer(PacerOptions options);

  // Whether a post may begin now.
  bool may_start(TimePoint now) const;
  // When one may, if no other begins or ends before: perhaps in the past. nullopt: never.
  std::optional<TimePoint> next_start() const;

  // A post begins; asserts may_start(). Hand the result to finish().
  Generation start(TimePoint now);
  // It has ended. `random`: 64 uniform bits, for the jitter.
  void finish(Generation generation, const Verdict& verdict, TimePoint now, std::uint64_t random);

  State state() const { return state_; }
  unsigned window() const { return window_; }
  unsigned in_flight() const { return in_flight_; }
  unsigned failures() const { return failures_; }           // in a row, of kFailing
  TimePoint paused_until() const { return paused_until_; }  // in the past when it is not

 private:
  void succeed();
  void refuse();
  void fail(TimePoint now, std::uint64_t random);

  PacerOptions options_;
  RetrySchedule backoff_;
  State state_ = State::kWorking;
  unsigned window_ = 1;
  unsigned in_flight_ = 0;
  unsigned failures_ = 0;
  Generation generation_ = 0;
  TimePoint paused_until_ = TimePoint::min();
};

}  // namespace bb::webhook
