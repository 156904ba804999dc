// What a connection shares with its channels.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "broker/broker_context.h"
#include "broker/queue.h"
#include "broker/vhost.h"

namespace bb::broker {

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
