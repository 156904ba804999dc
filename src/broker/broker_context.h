// What the parts of a broker share.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "broker/access_control.h"
#include "broker/deferred_work.h"
#include "broker/limit_refusals.h"
#include "broker/login_throttle.h"
#include "broker/message.h"
#include "broker/message_validator.h"
#include "broker/name_generator.h"
#include "broker/options.h"
#include "broker/refusal_log.h"
#include "broker/storage.h"
#include "broker/timer_queue.h"

namespace bb::broker {

// Time as the core sees it: what its callers said last.
struct Clock {
  TimePoint now{};
  std::int64_t wall_ms = 0;  // since 1970

  // Never goes back.
  void set(TimePoint to) {
    now = std::max(now, to);
    wall_ms = offset_ms_ + milliseconds(now);
  }
  // The wall clock shows `wall` as the other one shows `at`. They may be set against each other.
  void set_wall(TimePoint at, std::int64_t wall) {
    offset_ms_ = wall - milliseconds(at);
    set(at);
  }

 private:
  static std::int64_t milliseconds(TimePoint at) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  }
  std::int64_t offset_ms_ = 0;
};

// What happened since the start of the broker.
struct Counters {
  std::uint64_t published = 0;     // messages that clients sent
  std::uint64_t unroutable = 0;    // of these, what no queue received
  std::uint64_t invalid = 0;       // of these, what their exchange refused
  std::uint64_t delivered = 0;     // to consumers and to basic.get
  std::uint64_t acknowledged = 0;  // by clients
  std::uint64_t dropped = 0;       // by queues that were full, to make room
  LimitRefusals refused;
};

// One per broker; outlives everything that refers to it.
struct BrokerContext {
  BrokerContext(const Options& with_options, Storage& with_storage,
                MessageValidator* with_validator = nullptr)
      : options(with_options),
        storage(with_storage),
        validator(with_validator),
        names(options.seed),
        access(options),
        logins(options) {}
  BrokerContext(const BrokerContext&) = delete;
  BrokerContext& operator=(const BrokerContext&) = delete;

  const Options options;
  Storage& storage;
  MessageValidator* const validator;  // nullptr: no exchange can ask for validation
  MemoryGauge memory;
  MemoryGauge stream_memory;  // what streams take to find their messages: it does not come and go
  NameGenerator names;
  AccessControl access;
  LoginThrottle logins;
  Counters counters;
  RefusalLog refusal_log;
  Clock clock;
  bool restoring = false;  // what is declared comes from the storage: it knows
  TimerQueue timers;
  DeferredWork deferred;      // for when no queue is in the middle of something
  QueueId next_queue_id = 1;  // over all vhosts
};

}  // namespace bb::broker
