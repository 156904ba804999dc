// Classes exchange and queue.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/try.h"
#include "broker/channel.h"

namespace bb::broker {
namespace {

// Nobody can declare or delete what is named like this, whatever the permissions.
constexpr std::string_view kReservedPrefix = "amq.";

}  // namespace

Result<void> Channel::handle(const amqp::exchange::Declare& method) {
  VHost& vhost = connection_.vhost();
  if (method.passive && !method.exchange.empty()) {
    BB_TRY(vhost.find_exchange(method.exchange));
  } else {
    const auto type = parse_exchange_type(method.type);
    if (!type) {
      return fail(ErrorCode::kCommandInvalid,
                  fmt::format("unknown exchange type '{}'", method.type));
    }
    // The default exchange has an error of its own.
    if (!method.exchange.empty()) {
      BB_TRY(check_exchange(Access::kConfigure, method.exchange));
    }
    BB_TRY(check_forwarding(ResourceKind::kExchange, method.exchange, method.arguments,
                            kAlternateExchange));
    BB_TRY(vhost.declare_exchange(method.exchange, {.type = *type,
                                                    .durable = method.durable,
                                                    .auto_delete = method.auto_delete,
                                                    .internal = method.internal,
                                                    .arguments = method.arguments}));
  }
  if (!method.no_wait) send(amqp::exchange::DeclareOk{});
  return {};
}

Result<void> Channel::handle(const amqp::exchange::Delete& method) {
  if (!method.exchange.empty() && !method.exchange.starts_with(kReservedPrefix)) {
    BB_TRY(check_exchange(Access::kConfigure, method.exchange));
  }
  BB_TRY(connection_.vhost().delete_exchange(method.exchange, method.if_unused));
  if (!method.no_wait) send(amqp::exchange::DeleteOk{});
  return {};
}

// As RabbitMQ: both ends are looked at before the right to read from the source is.
Result<void> Channel::check_exchange_binding(std::string_view destination,
                                             std::string_view source) {
  BB_TRY(check_exchange(Access::kWrite, destination));
  if (destination.empty() || source.empty()) return {};  // refused for what it is
  return check_exchange(Access::kRead, source);
}

Result<void> Channel::handle(const amqp::exchange::Bind& method) {
  BB_TRY(check_exchange_binding(method.destination, method.source));
  BB_TRY(connection_.vhost().bind_exchange(method.destination, method.source, method.routing_key,
                                           method.arguments));
  if (!method.no_wait) send(amqp::exchange::BindOk{});
  return {};
}

Result<void> Channel::handle(const amqp::exchange::Unbind& method) {
  BB_TRY(check_exchange_binding(method.destination, method.source));
  BB_TRY(connection_.vhost().unbind_exchange(method.destination, method.source, method.routing_key,
                                             method.arguments));
  if (!method.no_wait) send(amqp::exchange::UnbindOk{});
  return {};
}

Result<std::string> Channel::queue_name(std::string_view name) const {
  if (!name.empty()) return std::string(name);
  if (last_queue_.empty()) return fail(ErrorCode::kNotFound, "no previously declared queue");
  return last_queue_;
}

Result<void> Channel::check_forwarding(ResourceKind kind, std::string_view name,
                                       const amqp::FieldTable& arguments,
                                       std::string_view argument) {
  const amqp::FieldValue* const value = arguments.find(argument);
  const std::string* const exchange = value == nullptr ? nullptr : value->as_string();
  if (exchange == nullptr) return {};
  const VHost& vhost = connection_.vhost();
  const bool exists =
      kind == ResourceKind::kExchange ? vhost.has_exchange(name) : vhost.has_queue(name);
  if (exists) return {};
  BB_TRY(allowed_.check(Access::kRead, kind, name));
  return check_exchange(Access::kWrite, *exchange);
}

Result<Queue*> Channel::queue_for(std::string_view name, Access access) {
  BB_TRY_ASSIGN(const std::string found, queue_name(name));
  BB_TRY(check_queue(access, found));
  return connection_.vhost().find_queue(found, connection_.id());
}

Result<void> Channel::handle(const amqp::queue::Declare& method) {
  if (method.queue.starts_with(kReplyTo)) return declare_reply_queue(method);
  VHost& vhost = connection_.vhost();
  if (!method.passive && !method.queue.starts_with(kReservedPrefix)) {
    // A name as the queue will have, if not the one, where it is for the broker to make up.
    const std::string name = method.queue.empty() ? connection_.broker().names.make("amq.gen-")
                                                  : std::string(method.queue);
    BB_TRY(check_queue(Access::kConfigure, name));
    BB_TRY(
        check_forwarding(ResourceKind::kQueue, name, method.arguments, "x-dead-letter-exchange"));
  }
  Result<Queue*> declared =
      method.passive ? vhost.find_queue(method.queue, connection_.id())
                     : vhost.declare_queue(method.queue,
                                           {.durable = method.durable,
                                            .auto_delete = method.auto_delete,
                                            .exclusive_to = method.exclusive ? connection_.id() : 0,
                                            .arguments = method.arguments},
                                           connection_.id());
  if (!declared) return fail(std::move(declared).error());
  Queue& queue = **declared;
  last_queue_ = queue.name();
  queue.touch();
  if (!method.no_wait) {
    // As in RabbitMQ, the readers of a stream are not told: that there are others is nothing to
    // them.
    send(amqp::queue::DeclareOk{queue.name(), queue.message_count(),
                                queue.is_stream() ? 0 : queue.consumer_count()});
  }
  return {};
}

Result<void> Channel::handle(const amqp::queue::Bind& method) {
  BB_TRY_ASSIGN(const std::string name, queue_name(method.queue));
  BB_TRY(check_queue(Access::kWrite, name));
  BB_TRY(check_exchange(Access::kRead, method.exchange));
  BB_TRY(connection_.vhost().check_source(method.exchange));
  BB_TRY_ASSIGN(Queue* const queue, connection_.vhost().find_queue(name, connection_.id()));
  // RabbitMQ: with neither a queue nor a key, the key is the queue's name (AMQP 0-9-1 §1.7.2.3).
  const std::string_view routing_key =
      method.queue.empty() && method.routing_key.empty() ? queue->name() : method.routing_key;
  BB_TRY(connection_.vhost().bind(*queue, method.exchange, routing_key, method.arguments));
  if (!method.no_wait) send(amqp::queue::BindOk{});
  return {};
}

Result<void> Channel::handle(const amqp::queue::Unbind& method) {
  BB_TRY_ASSIGN(const std::string name, queue_name(method.queue));
  BB_TRY(check_queue(Access::kWrite, name));
  BB_TRY(check_exchange(Access::kRead, method.exchange));
  BB_TRY(connection_.vhost().unbind(name, connection_.id(), method.exchange, method.routing_key,
                                    method.arguments));
  send(amqp::queue::UnbindOk{});
  return {};
}

Result<void> Channel::handle(const amqp::queue::Purge& method) {
  BB_TRY_ASSIGN(Queue* const queue, queue_for(method.queue, Access::kRead));
  BB_TRY(connection_.vhost().check_purge(*queue));
  const std::uint32_t count = queue->purge();
  if (!method.no_wait) send(amqp::queue::PurgeOk{count});
  return {};
}

Result<void> Channel::handle(const amqp::queue::Delete& method) {
  BB_TRY_ASSIGN(const std::string name, queue_name(method.queue));
  BB_TRY(check_queue(Access::kConfigure, name));
  BB_TRY_ASSIGN(Queue* const queue, connection_.vhost().find_deletable_queue(
                                        name, connection_.id(), method.if_unused, method.if_empty));
  const bool counts = queue != nullptr && !queue->is_stream();  // as RabbitMQ does
  if (!method.no_wait) send(amqp::queue::DeleteOk{counts ? queue->message_count() : 0});
  if (queue != nullptr) connection_.vhost().remove_queue(*queue);
  return {};
}

}  // namespace bb::broker
