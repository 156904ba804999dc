#include "webhook/endpoint_pacer.h"

#include <algorithm>

#include "base/assert.h"

namespace bb::webhook {

EndpointPacer::EndpointPacer(PacerOptions options) : options_(options), backoff_(options.backoff) {
  BB_ASSERT(options.window_max >= 1);
}

bool EndpointPacer::may_start(TimePoint now) const {
  const auto at = next_start();
  return at && *at <= now;
}

std::optional<TimePoint> EndpointPacer::next_start() const {
  if (state_ == State::kDisabled || in_flight_ >= window_) return std::nullopt;
  return paused_until_;
}

EndpointPacer::Generation EndpointPacer::start(TimePoint now) {
  BB_ASSERT(may_start(now));
  ++in_flight_;
  return generation_;
}

void EndpointPacer::finish(Generation generation, const Verdict& verdict, TimePoint now,
                           std::uint64_t random) {
  BB_ASSERT(in_flight_ > 0 && generation <= generation_);
  --in_flight_;
  if (state_ == State::kDisabled) return;
  const bool current = generation == generation_;
  switch (verdict.action) {
    case Verdict::Action::kDisable:
      state_ = State::kDisabled;
      return;
    case Verdict::Action::kGiveUp:  // the endpoint was not asked
      return;
    case Verdict::Action::kDelivered:
      if (current) succeed();
      return;
    case Verdict::Action::kRetry:
      // A wish to be left alone counts whenever it was uttered.
      if (verdict.retry_after.count() > 0) {
        paused_until_ = std::max(paused_until_, now + verdict.retry_after);
      }
      if (!current) return;
      if (verdict.blame == Verdict::Blame::kEvent) {
        refuse();
      } else {
        fail(now, random);
      }
      return;
  }
}

void EndpointPacer::succeed() {
  state_ = State::kWorking;
  failures_ = 0;
  window_ = std::min(window_ + 1, options_.window_max);
}

void EndpointPacer::refuse() {
  state_ = State::kWorking;
  failures_ = 0;
  window_ = std::max(window_ / 2, 1U);
}

void EndpointPacer::fail(TimePoint now, std::uint64_t random) {
  state_ = State::kFailing;
  window_ = 1;
  ++generation_;
  ++failures_;
  paused_until_ = std::max(paused_until_, now + backoff_.delay_after(failures_, random));
}

}  // namespace bb::webhook
