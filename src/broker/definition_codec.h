// Exchanges, queues and bindings as the key-value records that a storage keeps; the layout is in
// docs/formats/storage.md.
#pragma once

#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "broker/exchange.h"
#include "broker/queue.h"

namespace bb::broker {

struct StoredKey {
  DefinitionKind kind;
  std::string key;
};

StoredKey vhost_key(std::string_view vhost);
StoredKey user_key(std::string_view user);
StoredKey permission_key(std::string_view vhost, std::string_view user);
StoredKey exchange_key(std::string_view vhost, std::string_view exchange);
StoredKey queue_key(std::string_view vhost, std::string_view queue);

enum class DestinationKind : std::uint8_t { kQueue = 'q', kExchange = 'e' };

// Where a binding leads. The binding says from where, and by which key and arguments.
struct Destination {
  DestinationKind kind = DestinationKind::kQueue;
  std::string name;
};
StoredKey binding_key(std::string_view vhost, const Binding& binding,
                      const Destination& destination);

std::string encode_exchange(const Exchange::Properties& properties);
std::string encode_queue(QueueId id, const Queue::Properties& properties);
// Its key says all of a binding.
std::string encode_binding();

// What a record's key and value say. kIo: they cannot be read.
struct StoredExchange {
  std::string vhost;
  std::string name;
  Exchange::Properties properties;
};
struct StoredQueue {
  std::string vhost;
  std::string name;
  QueueId id = 0;
  Queue::Properties properties;
};
struct StoredBinding {
  std::string vhost;
  Binding binding;
  Destination destination;
};
// Users, permissions and vhosts have JSON for values: see access_json.h.
struct StoredPermissionKey {
  std::string vhost;
  std::string user;
};
Result<StoredPermissionKey> decode_permission_key(std::string_view key);
Result<StoredExchange> decode_exchange(std::string_view key, std::string_view value);
Result<StoredQueue> decode_queue(std::string_view key, std::string_view value);
Result<StoredBinding> decode_binding(std::string_view key, std::string_view value);

}  // namespace bb::broker
