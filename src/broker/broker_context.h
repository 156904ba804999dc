// What the parts of a broker share.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "broker/access_control.h"
#include "broker/login_throttle.h"
#include "broker/message.h"
#include "broker/name_generator.h"
#include "broker/options.h"
#include "broker/storage.h"

namespace bb::broker {

// Time as the core sees it: what its callers said last.
struct Clock {
  TimePoint now{};
  std::int64_t wall_ms = 0;  // since 1970
};

// What happened since the start of the broker.
struct Counters {
  std::uint64_t published = 0;     // messages that clients sent
  std::uint64_t unroutable = 0;    // of these, what no queue received
  std::uint64_t delivered = 0;     // to consumers and to basic.get
  std::uint64_t acknowledged = 0;  // by clients
};

// One per broker; outlives everything that refers to it.
struct BrokerContext {
  BrokerContext(const Options& with_options, Storage& with_storage)
      : options(with_options),
        storage(with_storage),
        names(options.seed),
        access(options),
        logins(options) {}
  BrokerContext(const BrokerContext&) = delete;
  BrokerContext& operator=(const BrokerContext&) = delete;

  const Options options;
  Storage& storage;
  MemoryGauge memory;
  NameGenerator names;
  AccessControl access;
  LoginThrottle logins;
  Counters counters;
  Clock clock;
  bool restoring = false;     // what is declared comes from the storage: it knows
  QueueId next_queue_id = 1;  // over all vhosts
};

}  // namespace bb::broker
