#include "webhook/delivery_queue.h"

#include <algorithm>

#include "base/assert.h"

namespace bb::webhook {

DeliveryQueue::DeliveryQueue(DeliveryOptions options)
    : options_(options), pacer_(options.pacer), event_backoff_(options.event_backoff) {}

bool DeliveryQueue::add(Key key) {
  if (size() >= options_.events_max) return false;
  ready_.push_back(key);
  return true;
}

std::optional<DeliveryQueue::Key> DeliveryQueue::start_next(TimePoint now) {
  const auto at = next_start();
  if (!at || *at > now) return std::nullopt;
  Failed next{};
  if (!delayed_.empty() && delayed_.begin()->first <= now) {
    next = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
  } else {
    next = {.key = ready_.front(), .failures = 0, .first_attempt = now};
    ready_.pop_front();
  }
  const bool is_probe = pacer_.state() == EndpointPacer::State::kFailing;
  const bool is_new = in_flight_.try_emplace(next.key, next, pacer_.start(now), is_probe).second;
  BB_ASSERT(is_new);
  return next.key;
}

std::optional<TimePoint> DeliveryQueue::next_start() const {
  const auto paced = pacer_.next_start();
  if (!paced) return std::nullopt;
  if (!ready_.empty()) return paced;
  if (delayed_.empty()) return std::nullopt;
  return std::max(*paced, delayed_.begin()->first);
}

DeliveryQueue::Fate DeliveryQueue::finish(Key key, const Verdict& verdict, TimePoint now,
                                          std::uint64_t random) {
  const auto found = in_flight_.find(key);
  BB_ASSERT(found != in_flight_.end());
  const Post post = found->second;
  in_flight_.erase(found);
  pacer_.finish(post.generation, verdict, now, random);
  switch (verdict.action) {
    case Verdict::Action::kDelivered:
      return Fate::kDelivered;
    case Verdict::Action::kGiveUp:
      return Fate::kGivenUp;
    case Verdict::Action::kDisable:
      return Fate::kGone;
    case Verdict::Action::kRetry:
      break;
  }
  Failed event = post.event;
  if (now - event.first_attempt >= options_.give_up_after) return Fate::kGivenUp;
  if (!post.is_probe || verdict.blame == Verdict::Blame::kEvent) ++event.failures;
  const auto delay = event_backoff_.delay_after(std::max(event.failures, 1U), random);
  delayed_.emplace(now + delay, event);
  return Fate::kWaiting;
}

}  // namespace bb::webhook
