#include "broker/definition_codec.h"

#include <initializer_list>
#include <utility>

#include "base/try.h"

namespace bb::broker {
namespace {

constexpr std::uint8_t kAutoDelete = 1;
constexpr std::uint8_t kInternal = 2;

std::unexpected<Error> unreadable(std::string_view what) {
  return fail(ErrorCode::kIo, std::string("the stored definition of ") + std::string(what) +
                                  " cannot be read: it was written by another version, or is "
                                  "damaged");
}

void append_text(Buffer& out, std::string_view text) {
  out.append_integer(static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

std::string read_text(ByteReader& reader) {
  const auto size = reader.integer<std::uint32_t>();
  return std::string(as_text(reader.bytes(size)));
}

std::string join(std::initializer_list<std::string_view> texts) {
  Buffer out;
  for (const std::string_view text : texts) append_text(out, text);
  return std::string(as_text(out.view()));
}

Result<amqp::FieldTable> read_table(ByteReader& reader) {
  const auto size = reader.integer<std::uint32_t>();
  return amqp::decode_table(reader.bytes(size));
}

}  // namespace

StoredKey vhost_key(std::string_view vhost) {
  return {DefinitionKind::kVhost, std::string(vhost)};
}

StoredKey user_key(std::string_view user) {
  return {DefinitionKind::kUser, std::string(user)};
}

StoredKey permission_key(std::string_view vhost, std::string_view user) {
  return {DefinitionKind::kPermission, join({vhost, user})};
}

StoredKey exchange_key(std::string_view vhost, std::string_view exchange) {
  return {DefinitionKind::kExchange, join({vhost, exchange})};
}

StoredKey queue_key(std::string_view vhost, std::string_view queue) {
  return {DefinitionKind::kQueue, join({vhost, queue})};
}

StoredKey binding_key(std::string_view vhost, const Binding& binding,
                      const Destination& destination) {
  const char kind = static_cast<char>(destination.kind);
  return {DefinitionKind::kBinding,
          join({vhost, binding.exchange, std::string_view(&kind, 1), destination.name,
                binding.routing_key, amqp::encode_table_content(binding.arguments)})};
}

std::string encode_exchange(const Exchange::Properties& properties) {
  Buffer out;
  out.append_integer(static_cast<std::uint8_t>(properties.type));
  out.append_integer(static_cast<std::uint8_t>((properties.auto_delete ? kAutoDelete : 0) |
                                               (properties.internal ? kInternal : 0)));
  amqp::encode_table(out, properties.arguments);
  return std::string(as_text(out.view()));
}

std::string encode_queue(QueueId id, const Queue::Properties& properties) {
  Buffer out;
  out.append_integer(id);
  out.append_integer(static_cast<std::uint8_t>(properties.auto_delete ? kAutoDelete : 0));
  amqp::encode_table(out, properties.arguments);
  return std::string(as_text(out.view()));
}

std::string encode_binding() {
  return {};
}

Result<StoredPermissionKey> decode_permission_key(std::string_view key) {
  StoredPermissionKey stored;
  ByteReader keys(as_bytes(key));
  stored.vhost = read_text(keys);
  stored.user = read_text(keys);
  if (keys.failed()) return unreadable("a permission");
  return stored;
}

Result<StoredExchange> decode_exchange(std::string_view key, std::string_view value) {
  StoredExchange stored;
  ByteReader keys(as_bytes(key));
  stored.vhost = read_text(keys);
  stored.name = read_text(keys);
  ByteReader values(as_bytes(value));
  const auto type = values.integer<std::uint8_t>();
  const auto flags = values.integer<std::uint8_t>();
  auto arguments = read_table(values);
  if (keys.failed() || values.failed() || !arguments ||
      type > static_cast<std::uint8_t>(ExchangeType::kHeaders)) {
    return unreadable("an exchange");
  }
  stored.properties = {.type = static_cast<ExchangeType>(type),
                       .durable = true,
                       .auto_delete = (flags & kAutoDelete) != 0,
                       .internal = (flags & kInternal) != 0,
                       .arguments = *std::move(arguments)};
  return stored;
}

Result<StoredQueue> decode_queue(std::string_view key, std::string_view value) {
  StoredQueue stored;
  ByteReader keys(as_bytes(key));
  stored.vhost = read_text(keys);
  stored.name = read_text(keys);
  ByteReader values(as_bytes(value));
  stored.id = values.integer<std::uint64_t>();
  const auto flags = values.integer<std::uint8_t>();
  auto arguments = read_table(values);
  if (keys.failed() || values.failed() || !arguments || stored.id == 0) {
    return unreadable("a queue");
  }
  stored.properties = {.durable = true,
                       .auto_delete = (flags & kAutoDelete) != 0,
                       .exclusive_to = 0,
                       .arguments = *std::move(arguments)};
  return stored;
}

Result<StoredBinding> decode_binding(std::string_view key, std::string_view) {
  StoredBinding stored;
  ByteReader keys(as_bytes(key));
  stored.vhost = read_text(keys);
  stored.binding.exchange = read_text(keys);
  const std::string kind = read_text(keys);
  stored.destination.name = read_text(keys);
  stored.binding.routing_key = read_text(keys);
  const std::string table = read_text(keys);
  auto arguments = amqp::decode_table(as_bytes(table));
  if (keys.failed() || !arguments || (kind != "q" && kind != "e")) return unreadable("a binding");
  stored.destination.kind = static_cast<DestinationKind>(kind[0]);
  stored.binding.arguments = *std::move(arguments);
  return stored;
}

}  // namespace bb::broker
