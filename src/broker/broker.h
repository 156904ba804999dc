// The broker: virtual hosts and the connections to them. Sans-io: bytes and time come
// in through its connections, bytes go out the same way.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "broker/connection.h"
#include "broker/context.h"
#include "broker/definition_codec.h"
#include "broker/holder_list.h"
#include "broker/options.h"
#include "broker/storage.h"
#include "broker/stored_state.h"
#include "broker/vhost.h"

namespace bb::broker {

// Not thread-safe: one executor owns it and its connections. All connections are
// destroyed before the broker.
class Broker final : public HolderList {
 public:
  using VHosts = std::map<std::string, std::unique_ptr<VHost>, std::less<>>;

  // `storage` and `validator` outlive the broker. Without a validator no exchange can ask for
  // validation. A new broker has the vhost "/" and the user guest, password
  // guest, an administrator who may do everything there.
  Broker(const Options& options, Storage& storage, MessageValidator* validator = nullptr);
  ~Broker() override;
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Takes up what an earlier run left in the storage; before the first connection. kIo: a
  // definition cannot be read. Whatever of it no longer has a place (a queue of a vhost that is
  // gone) is logged and given up, in the storage too.
  Result<void> restore(StoredState state);

  // A client has connected. `observer` outlives the connection.
  std::unique_ptr<Connection> connect(Peer peer, ConnectionObserver& observer, TimePoint now);

  // What was due by `now` happens: messages and queues expire. Call it when next_deadline() comes.
  void on_time(TimePoint now);
  // Nothing: there is nothing to wait for, until `earlier` is called. It is called once, when the
  // deadline becomes an earlier one, from within any call into the broker: only take note.
  std::optional<TimePoint> next_deadline(std::function<void()> earlier);
  std::optional<TimePoint> next_deadline() const { return context_.timers.next(); }
  // The time of day, in milliseconds since 1970. At the start, and now and then.
  void set_wall_clock(TimePoint now, std::int64_t wall_ms);

  // The storage is durable further than before: confirms that waited go out.
  void on_durable();
  // The storage has failed for good: what waits for it is refused.
  void on_storage_failed();

  void for_each_message(const Visitor& visit) const override;
  void for_each_stream(const StreamVisitor& visit) const override;

  // Answers the confirms that are due and asks every client to leave (320 CONNECTION_FORCED).
  void shut_down();

  // The vhost of that name, or nullptr.
  VHost* find_vhost(std::string_view name);
  // In the order of their names.
  const VHosts& vhosts() const { return vhosts_; }
  // Makes it, or gives the one that is there the new metadata. kPreconditionFailed: a limit, or a
  // name that cannot be.
  Result<VHost*> put_vhost(std::string_view name, VHost::Metadata metadata);
  // With its exchanges, queues and permissions; its connections are closed (320). kNotFound.
  Result<void> delete_vhost(std::string_view name);

  const AccessControl& access() const { return context_.access; }
  // As AccessControl's of these names, kept by the storage, and:
  Result<void> put_user(std::string_view name, User user);
  PasswordHash hash_password(std::string_view password) { return context_.access.hash(password); }
  // Its connections are closed (320). kNotFound.
  Result<void> delete_user(std::string_view name);
  // kNotFound: no such user or no such vhost.
  Result<void> put_permissions(std::string_view user, std::string_view vhost,
                               PermissionPatterns patterns);
  // Fine when there are none.
  void delete_permissions(std::string_view user, std::string_view vhost);

  // May `credentials` log in from `peer`? For doors other than AMQP, which asks by itself. What a
  // refusal has to wait for: see LoginThrottle.
  bool accepts_login(const Credentials& credentials, bool peer_is_loopback) const {
    return context_.access.accepts(credentials, peer_is_loopback);
  }
  std::chrono::milliseconds login_refused(std::string_view peer, TimePoint now) {
    return context_.logins.refused(peer, now);
  }
  std::uint64_t refused_login_count() const { return context_.logins.refused_count(); }

  // Clients that are being held back because messages fill the memory.
  bool memory_alarm() const { return memory_alarm_; }
  // The same, because there is little room on the disk: whoever knows says so.
  void set_disk_alarm(bool alarm);
  bool disk_alarm() const { return disk_alarm_; }
  // In no particular order; valid until one of them ends.
  const std::set<Connection*>& connections() const { return connections_; }
  const Options& options() const { return context_.options; }
  const Counters& counters() const { return context_.counters; }
  // Of a limit that is not the core's to keep.
  void count_refusal(Limit limit) { context_.counters.refused.count(limit); }
  Clock& clock() { return context_.clock; }
  std::size_t connection_count() const { return connections_.size(); }
  std::uint64_t message_bytes() const {
    return context_.memory.bytes() + context_.stream_memory.bytes();
  }

 private:
  friend class Connection;

  Result<void> restore_definition(const StoredDefinition& definition, StoredState& state);
  void make_defaults();
  Result<void> restore_access(const StoredDefinition& definition);
  void keep(const StoredKey& key, const boost::json::object& value);
  void forget(const StoredKey& key);

  // Set when there is more deferred work than one turn takes.
  class Backlog final : public Timer {
   public:
    void on_time() override {}  // Broker::on_time() goes on by itself
  };

  // After a connection has done something, and no queue is in the middle of it.
  void settle_up() {
    if (!context_.deferred.empty()) run_deferred();
  }
  void run_deferred();
  // After a connection has taken bytes: raises or clears the memory alarm.
  void check_memory();
  void block_publishers();
  std::string_view short_of() const;  // for connection.blocked

  // `leaving`: which connections are told `reason` and closed.
  template <class Leaving>
  void close_connections(const Leaving& leaving, const std::string& reason);

  BrokerContext context_;
  Backlog backlog_;
  VHosts vhosts_;
  std::set<Connection*> connections_;
  ConnectionId next_connection_id_ = 1;
  std::vector<Connection*> await_durable_;  // each once
  bool memory_alarm_ = false;
  bool disk_alarm_ = false;
};

}  // namespace bb::broker
