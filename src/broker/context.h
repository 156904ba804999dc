// What the parts of a broker share.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "broker/message.h"
#include "broker/name_generator.h"
#include "broker/options.h"
#include "broker/queue.h"
#include "broker/storage.h"

namespace bb::broker {

class VHost;

// One per broker; outlives everything that refers to it.
struct BrokerContext {
  BrokerContext(const Options& with_options, Storage& with_storage)
      : options(with_options), storage(with_storage), names(options.seed) {}
  BrokerContext(const BrokerContext&) = delete;
  BrokerContext& operator=(const BrokerContext&) = delete;

  const Options options;
  Storage& storage;
  MemoryGauge memory;
  NameGenerator names;
  QueueId next_queue_id = 1;  // unique over all vhosts: the storage knows queues by nothing else
};

// What a connection gives to its channels.
class ConnectionContext {
 public:
  virtual BrokerContext& broker() = 0;
  virtual ConnectionId id() const = 0;
  virtual VHost& vhost() = 0;
  virtual const std::string& user() const = 0;
  virtual std::uint32_t frame_max_bytes() const = 0;
  virtual bool consumer_cancel_notify() const = 0;

  // Where to write frames. output_changed() is due in the same turn, before or after.
  virtual Buffer& output() = 0;
  virtual void output_changed() = 0;
  // Too much waits for the socket: no more deliveries, until the connection resumes its channels.
  virtual bool output_full() const = 0;

  // A channel holds confirms back until the storage is durable.
  virtual void await_durable() = 0;
  // A channel published: the connection counts as a publisher.
  virtual void published() = 0;

 protected:
  ~ConnectionContext() = default;
};

}  // namespace bb::broker
