// The broker: virtual hosts and the connections to them. Sans-io: bytes and time come
// in through its connections, bytes go out the same way.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "broker/authenticator.h"
#include "broker/connection.h"
#include "broker/context.h"
#include "broker/options.h"
#include "broker/storage.h"
#include "broker/stored_state.h"
#include "broker/vhost.h"

namespace bb::broker {

// Not thread-safe: one executor owns it and its connections. All connections are
// destroyed before the broker.
class Broker {
 public:
  // `storage` and `authenticator` outlive the broker.
  Broker(const Options& options, Storage& storage, const Authenticator& authenticator);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Takes up what an earlier run left in the storage; before the first connection. kIo: a
  // definition cannot be read. Whatever of it no longer has a place (a queue of a vhost that is
  // gone) is logged and stays in the storage.
  Result<void> restore(StoredState state);

  // A client has connected from `peer` ("127.0.0.1:40112"). `observer` outlives the connection.
  std::unique_ptr<Connection> connect(std::string peer, bool peer_is_loopback,
                                      ConnectionObserver& observer, TimePoint now);

  // The storage is durable further than before: confirms that waited go out.
  void on_durable();

  // Answers the confirms that are due and asks every client to leave (320 CONNECTION_FORCED).
  void shut_down();

  // The vhost of that name, or nullptr.
  VHost* find_vhost(std::string_view name);

  // Clients that are being held back because messages fill the memory.
  bool memory_alarm() const { return memory_alarm_; }
  std::size_t connection_count() const { return connections_.size(); }
  std::uint64_t message_bytes() const { return context_.memory.bytes(); }

 private:
  friend class Connection;

  Result<void> restore_definition(const StoredDefinition& definition, StoredState& state);

  // After a connection has taken bytes: raises or clears the memory alarm.
  void check_memory();

  BrokerContext context_;
  const Authenticator& authenticator_;
  VHost root_vhost_;
  std::set<Connection*> connections_;
  ConnectionId next_connection_id_ = 1;
  bool memory_alarm_ = false;
};

}  // namespace bb::broker
