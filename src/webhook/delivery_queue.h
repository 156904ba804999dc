// The events that wait for one endpoint: which is posted next, and when. No clock, no sockets; what
// an event is, its owner knows.
//
// An event that failed waits by a schedule of its own, and the others go before it meanwhile: one
// that its receiver cannot digest does not hold up the rest, and an endpoint that is down is probed
// with one after the other. So events leave in the order of add() only while none fails.
//
// Its waits grow with each failure that may be its own: it was refused for what it is, or failed at
// an endpoint that works for others. A probe of an endpoint that is down is not held against it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/clock.h"
#include "webhook/attempt.h"
#include "webhook/endpoint_pacer.h"
#include "webhook/retry_schedule.h"

namespace bb::webhook {

struct DeliveryOptions {
  PacerOptions pacer;
  // The waits of one event. Their maximum is what an event that failed may have to wait for after
  // the endpoint works again.
  RetryOptions event_backoff{
      .delay = std::chrono::seconds(1), .factor = 2, .delay_max = std::chrono::minutes(5)};
  // An event is given up at a failure this long after its first attempt. Standard Webhooks 1.0.0,
  // "Deliverability and reliability": a schedule that spans multiple days.
  std::chrono::seconds give_up_after = std::chrono::hours(72);
  std::size_t events_max =
      65'536;  // that wait or are under way; AMQP's largest prefetch is one less
  std::chrono::seconds retry_after_max = kRetryAfterMax;
};

// Not thread-safe.
class DeliveryQueue {
 public:
  using Key = std::uint64_t;  // the owner's name for an event

  enum class Fate : std::uint8_t {
    kDelivered,  // the queue has forgotten it
    kWaiting,    // it is posted again
    kGivenUp,    // it was tried for too long, or cannot be sent; forgotten
    kGone,       // the endpoint wants no more events; forgotten
  };

  explicit DeliveryQueue(DeliveryOptions options);

  // A new event, whose key is not that of another. False, and nothing done: events_max are there.
  bool add(Key key);

  // The event to post now; nullopt when none may be.
  std::optional<Key> start_next(TimePoint now);
  // When start_next() has one, if nothing is added and nothing ends before: perhaps in the past.
  // nullopt: never.
  std::optional<TimePoint> next_start() const;

  // The post of that event has ended. `random`: 64 uniform bits, for the jitter.
  Fate finish(Key key, const Verdict& verdict, TimePoint now, std::uint64_t random);

  std::size_t size() const { return ready_.size() + delayed_.size() + in_flight_.size(); }
  std::size_t in_flight() const { return in_flight_.size(); }
  const EndpointPacer& pacer() const { return pacer_; }

 private:
  struct Failed {
    Key key;
    unsigned failures;  // that may be its own
    TimePoint first_attempt;
  };
  struct Post {
    Failed event;
    EndpointPacer::Generation generation;
    bool is_probe;  // began while the endpoint was failing
  };

  DeliveryOptions options_;
  EndpointPacer pacer_;
  RetrySchedule event_backoff_;
  std::deque<Key> ready_;                     // never tried, in the order of add()
  std::multimap<TimePoint, Failed> delayed_;  // by when they are due
  std::unordered_map<Key, Post> in_flight_;
};

}  // namespace bb::webhook
