#include "webhook/delivery_queue.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bb::webhook {

DeliveryQueue::DeliveryQueue(DeliveryOptions options)
    : options_(options), pacer_(options.pacer), event_backoff_(options.event_backoff) {}

bool DeliveryQueue::add(Key key, History history, TimePoint now) {
  if (size() >= options_.events_max) return false;
  const Event event{.key = key, .added = now};
  if (history == History::kNew) {
    ready_.push_back(event);
  } else {
    delay(event, now);
  }
  return true;
}

std::optional<DeliveryQueue::Key> DeliveryQueue::start_next(TimePoint now) {
  const auto at = next_start();
  if (!at || *at > now) return std::nullopt;
  const bool is_probe = is_failing();
  Event next = take_next(now);
  ++next.attempts;
  const bool is_new = in_flight_.try_emplace(next.key, next, pacer_.start(now), is_probe).second;
  BB_ASSERT(is_new);
  return next.key;
}

// There is one.
DeliveryQueue::Event DeliveryQueue::take_next(TimePoint now) {
  const bool is_delayed_due = !delayed_.empty() && delayed_.begin()->first <= now;
  if (ready_.empty()) return take(delayed_.begin());
  if (!is_failing() && is_delayed_due && std::exchange(delayed_turn_, !delayed_turn_)) {
    return take(delayed_.begin());
  }
  const bool takes_newest = is_failing() && std::exchange(newest_turn_, !newest_turn_);
  Event next;
  if (takes_newest) {
    next = ready_.back();
    ready_.pop_back();
  } else {
    next = ready_.front();
    ready_.pop_front();
  }
  return next;
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
      return Fate::kUnsendable;
    case Verdict::Action::kDisable:
      return Fate::kGone;
    case Verdict::Action::kRetry:
      break;
  }
  if (verdict.blame == Verdict::Blame::kEvent) return Fate::kRefused;
  Event event = post.event;
  if (!post.is_probe) ++event.failures;
  if (event.failures > options_.failures_max) return Fate::kHandedBack;
  if (event.attempts >= options_.attempts_max) return Fate::kHandedBack;
  if (now - event.added >= options_.hold_max) return Fate::kHandedBack;
  delay(event, now + event_backoff_.delay_after(std::max(event.failures, 1U), random));
  return Fate::kWaiting;
}

std::optional<TimePoint> DeliveryQueue::next_overdue() const {
  TimePoint oldest = TimePoint::max();
  if (!ready_.empty()) oldest = ready_.front().added;
  if (!delayed_.empty()) oldest = std::min(oldest, delayed_by_age_.begin()->first.first);
  if (oldest == TimePoint::max()) return std::nullopt;
  return oldest + options_.hold_max;
}

std::optional<DeliveryQueue::Key> DeliveryQueue::take_overdue(TimePoint now) {
  const auto at = next_overdue();
  if (!at || *at > now) return std::nullopt;
  if (!ready_.empty() && ready_.front().added + options_.hold_max <= now) {
    const Key key = ready_.front().key;
    ready_.pop_front();
    return key;
  }
  return take(delayed_by_age_.begin()->second).key;
}

void DeliveryQueue::delay(const Event& event, TimePoint due) {
  delayed_by_age_.emplace(std::pair(event.added, event.key), delayed_.emplace(due, event));
}

DeliveryQueue::Event DeliveryQueue::take(Delayed::iterator delayed) {
  const Event event = delayed->second;
  delayed_by_age_.erase({event.added, event.key});
  delayed_.erase(delayed);
  return event;
}

}  // namespace bb::webhook
