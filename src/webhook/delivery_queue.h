// The events that wait for one endpoint: which is posted next, when, and which are handed back to
// wait where they came from. No clock, no sockets; what an event is, its owner knows.
//
// Events leave in the order of add() while none fails. One that failed is posted again after a wait
// of its own, and the others go before it meanwhile. What its receiver cannot digest does not hold
// up the rest, however much of it there is: an endpoint that is failing is probed with events that
// were not tried yet, the oldest and the newest by turns, before those that failed; and one that
// works gets both by turns.
//
// An event is here for a moment and not for the length of an outage: whoever delivers it to us may
// allow no more (RabbitMQ closes the channel of a consumer that holds one for half an hour:
// https://www.rabbitmq.com/docs/consumers#acknowledgement-timeout), and others wait for its place.
// So one that fails again and again is handed back, sooner at an endpoint that works for others,
// and any after hold_max.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "webhook/attempt.h"
#include "webhook/endpoint_pacer.h"
#include "webhook/retry_schedule.h"

namespace bb::webhook {

struct DeliveryOptions {
  PacerOptions pacer;
  // The waits of one event.
  RetryOptions event_backoff{
      .delay = std::chrono::seconds(1), .factor = 2, .delay_max = std::chrono::minutes(5)};
  // That may be its own; an event is handed back at the one after these. The probe of an endpoint
  // that is failing is none.
  unsigned failures_max = 2;
  unsigned attempts_max = 5;  // of all kinds; handed back when this one fails
  // After add(); what is being posted then is handed back when that fails.
  std::chrono::milliseconds hold_max = std::chrono::minutes(10);
  std::size_t events_max =
      65'536;  // that wait or are under way; AMQP's largest prefetch is one less
  std::chrono::seconds retry_after_max = kRetryAfterMax;
};

// Not thread-safe.
class DeliveryQueue {
 public:
  using Key = std::uint64_t;  // the owner's name for an event

  // All but kWaiting: the queue has forgotten it.
  enum class Fate : std::uint8_t {
    kDelivered,
    kWaiting,     // it is posted again
    kRefused,     // the endpoint looked at it and refused it
    kHandedBack,  // it did not fail for what it is, or nobody knows; it was here for long enough
    kUnsendable,  // it cannot be sent to anybody
    kGone,        // the endpoint wants no more events
  };

  explicit DeliveryQueue(DeliveryOptions options);

  enum class History : std::uint8_t { kNew, kFailedBefore };

  // An event, whose key is not that of another. False, and nothing done: events_max are there.
  bool add(Key key, History history, TimePoint now);

  // The event to post now; nullopt when none may be.
  std::optional<Key> start_next(TimePoint now);
  // When start_next() has one, if nothing is added and nothing ends before: perhaps in the past.
  // nullopt: never.
  std::optional<TimePoint> next_start() const;

  // The post of that event has ended. `random`: 64 uniform bits, for the jitter.
  Fate finish(Key key, const Verdict& verdict, TimePoint now, std::uint64_t random);

  // An event to hand back, as kHandedBack, because it waits here for hold_max; nullopt for none.
  std::optional<Key> take_overdue(TimePoint now);
  // When take_overdue() has one, if nothing happens before.
  std::optional<TimePoint> next_overdue() const;

  std::size_t size() const { return ready_.size() + delayed_.size() + in_flight_.size(); }
  std::size_t in_flight() const { return in_flight_.size(); }
  const EndpointPacer& pacer() const { return pacer_; }

 private:
  struct Event {
    Key key = 0;
    TimePoint added;
    unsigned failures = 0;  // that may be its own
    unsigned attempts = 0;
  };
  struct Post {
    Event event;
    EndpointPacer::Generation generation;
    bool is_probe;  // began while the endpoint was failing
  };

  using Delayed = std::multimap<TimePoint, Event>;

  Event take_next(TimePoint now);
  void delay(const Event& event, TimePoint due);
  Event take(Delayed::iterator delayed);
  bool is_failing() const { return pacer_.state() == EndpointPacer::State::kFailing; }

  DeliveryOptions options_;
  EndpointPacer pacer_;
  RetrySchedule event_backoff_;
  std::deque<Event> ready_;  // never tried, in the order of add()
  Delayed delayed_;          // that failed, by when they are due
  std::map<std::pair<TimePoint, Key>, Delayed::iterator> delayed_by_age_;
  std::unordered_map<Key, Post> in_flight_;
  bool delayed_turn_ = true;  // of both that may be posted
  bool newest_turn_ = false;  // of those that are probed with
};

}  // namespace bb::webhook
