#include "broker/broker.h"

#include <utility>

#include "base/assert.h"

namespace bb::broker {

Broker::Broker(const Options& options, Storage& storage, const Authenticator& authenticator)
    : context_(options, storage), authenticator_(authenticator), root_vhost_("/", context_) {}

Broker::~Broker() {
  BB_ASSERT(connections_.empty());
}

std::unique_ptr<Connection> Broker::connect(std::string peer, bool peer_is_loopback,
                                            ConnectionObserver& observer, TimePoint now) {
  std::unique_ptr<Connection> connection(new Connection(
      *this, next_connection_id_++, std::move(peer), peer_is_loopback, observer, now));
  connections_.insert(connection.get());
  return connection;
}

void Broker::on_durable() {
  for (Connection* connection : connections_) {
    if (connection->awaits_durable_) connection->flush_confirms();
  }
}

void Broker::shut_down() {
  on_durable();
  for (Connection* connection : connections_) {
    connection->fail_connection(
        {ErrorCode::kConnectionForced, "broker forced connection closure with reason 'shutdown'"},
        {});
  }
}

VHost* Broker::find_vhost(std::string_view name) {
  return name == root_vhost_.name() ? &root_vhost_ : nullptr;
}

void Broker::check_memory() {
  const std::uint64_t bytes = context_.memory.bytes();
  const std::uint64_t bytes_max = context_.options.memory_bytes_max;
  // Some way down before it clears, so that it does not flutter.
  const bool alarm = bytes > (memory_alarm_ ? bytes_max / 5 * 4 : bytes_max);
  if (alarm == memory_alarm_) return;
  memory_alarm_ = alarm;
  for (Connection* connection : connections_) {
    if (connection->publishes_) connection->set_blocked(alarm);
  }
}

}  // namespace bb::broker
