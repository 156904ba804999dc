#include "broker/broker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/logging.h"
#include "base/try.h"
#include "broker/definition_codec.h"

namespace bb::broker {

Broker::Broker(const Options& options, Storage& storage, MessageValidator* validator)
    : context_(options, storage, validator) {
  context_.restoring = true;  // the storage is told once it is known to be a new one
  make_defaults();
  context_.restoring = false;
}

Broker::~Broker() {
  BB_ASSERT(connections_.empty());
  context_.deferred.clear();  // it holds queues
  context_.timers.cancel(backlog_);
}

Result<void> Broker::restore(StoredState state) {
  BB_ASSERT(connections_.empty());
  const bool is_new = std::ranges::none_of(state.definitions, [](const StoredDefinition& found) {
    return found.kind == DefinitionKind::kVhost;
  });
  if (is_new) {
    make_defaults();
  } else {
    while (!context_.access.users().empty()) {
      context_.access.erase_user(std::string(context_.access.users().begin()->first));
    }
    vhosts_.clear();
  }
  context_.restoring = true;
  context_.next_queue_id = std::max(context_.next_queue_id, state.next_queue_id);
  for (const StoredDefinition& definition : state.definitions) {
    auto restored = restore_definition(definition, state);
    if (restored) continue;
    // What it refers to may have been given up by a repair. Kept, it would come to life when
    // somebody makes that anew.
    if (restored.error().code != ErrorCode::kNotFound) {
      context_.restoring = false;
      return restored;
    }
    logging::error("a stored definition has no place and is given up: {}",
                   restored.error().message);
    context_.storage.erase_definition(definition.kind, definition.key);
  }
  // Of queues that were given up.
  for (const auto& [queue, messages] : state.queues) {
    context_.storage.forget_queue(queue);
    for (const QueuedMessage& message : messages) context_.storage.discard(message.position);
  }
  context_.restoring = false;
  return {};
}

Result<void> Broker::restore_definition(const StoredDefinition& definition, StoredState& state) {
  const auto find = [this](const std::string& name) -> Result<VHost*> {
    VHost* const vhost = find_vhost(name);
    if (vhost == nullptr) return fail(ErrorCode::kNotFound, fmt::format("no vhost '{}'", name));
    return vhost;
  };
  switch (definition.kind) {
    case DefinitionKind::kVhost:
    case DefinitionKind::kUser:
    case DefinitionKind::kPermission:
      return restore_access(definition);
    case DefinitionKind::kExchange: {
      BB_TRY_ASSIGN(StoredExchange stored, decode_exchange(definition.key, definition.value));
      BB_TRY_ASSIGN(VHost* const vhost, find(stored.vhost));
      return vhost->declare_exchange(stored.name, std::move(stored.properties));
    }
    case DefinitionKind::kQueue: {
      BB_TRY_ASSIGN(StoredQueue stored, decode_queue(definition.key, definition.value));
      BB_TRY_ASSIGN(VHost* const vhost, find(stored.vhost));
      const auto messages = state.queues.find(stored.id);
      const auto stream = state.streams.find(stored.id);
      BB_TRY_ASSIGN(Queue* const queue, vhost->restore_queue(std::move(stored)));
      if (stream != state.streams.end()) {
        queue->restore_stream(std::move(stream->second));
        state.streams.erase(stream);
      }
      if (messages == state.queues.end()) return {};
      for (QueuedMessage& message : messages->second) queue->restore(std::move(message));
      state.queues.erase(messages);
      return {};
    }
    case DefinitionKind::kBinding: {
      BB_TRY_ASSIGN(const StoredBinding stored, decode_binding(definition.key, definition.value));
      BB_TRY_ASSIGN(VHost* const vhost, find(stored.vhost));
      return vhost->restore_binding(stored);
    }
    default:
      return {};
  }
}

void Broker::for_each_message(const Visitor& visit) const {
  std::unordered_map<const Queue*, std::vector<QueuedMessage>> unsettled;
  std::vector<QueuedMessage> of_nobody;
  const auto note = [&](const Unacked& unacked) {
    if (unacked.message.position == 0) return;
    QueuedMessage message = unacked.message;
    message.message.reset();
    message.redelivered = true;
    auto& to = unacked.queue->closed() ? of_nobody : unsettled[unacked.queue.get()];
    to.push_back(std::move(message));
  };
  for (const Connection* connection : connections_) {
    for (const auto& [number, channel] : connection->channels_) channel->for_each_unacked(note);
  }
  const auto sort = [](std::vector<QueuedMessage>& messages) {
    std::ranges::sort(messages, {}, &QueuedMessage::position);
  };
  const auto visit_queue = [&](const Queue& queue) {
    if (!queue.survives() || queue.is_stream()) return;
    const QueueId id = queue.id();
    std::vector<QueuedMessage> held;
    if (const auto found = unsettled.find(&queue); found != unsettled.end()) {
      held = std::move(found->second);
      sort(held);
    }
    auto next = held.begin();
    queue.for_each_stored([&](const QueuedMessage& message) {
      for (; next != held.end() && next->position < message.position; ++next) visit(id, *next);
      visit(id, message);
    });
    for (; next != held.end(); ++next) visit(id, *next);
  };
  for (const auto& [name, vhost] : vhosts_) vhost->for_each_queue(visit_queue);
  sort(of_nobody);
  for (const QueuedMessage& message : of_nobody) visit(0, message);
}

void Broker::for_each_stream(const StreamVisitor& visit) const {
  for (const auto& [name, vhost] : vhosts_) {
    vhost->for_each_queue([&](const Queue& queue) {
      if (queue.is_stream()) visit(queue.id(), queue.stream_log());
    });
  }
}

std::unique_ptr<Connection> Broker::connect(Peer peer, ConnectionObserver& observer,
                                            TimePoint now) {
  context_.clock.set(now);
  std::unique_ptr<Connection> connection(
      new Connection(*this, next_connection_id_++, std::move(peer), observer, now));
  connections_.insert(connection.get());
  return connection;
}

void Broker::on_time(TimePoint now) {
  context_.clock.set(now);
  context_.timers.run(now, context_.options.work_per_turn_max);
  settle_up();
  check_memory();
}

std::optional<TimePoint> Broker::next_deadline(std::function<void()> earlier) {
  context_.timers.watch(std::move(earlier));
  return context_.timers.next();
}

void Broker::set_wall_clock(TimePoint now, std::int64_t wall_ms) {
  context_.clock.set_wall(now, wall_ms);
}

void Broker::run_deferred() {
  context_.deferred.run(context_.options.work_per_turn_max);
  if (!context_.deferred.empty()) context_.timers.set(backlog_, context_.clock.now);
}

void Broker::on_durable() {
  // Flushing may add them again.
  for (Connection* connection : std::exchange(await_durable_, {})) {
    connection->awaits_durable_ = false;
    connection->flush_confirms();
  }
}

void Broker::on_storage_failed() {
  for (Connection* connection : connections_) {
    for (const auto& [number, channel] : connection->channels_) {
      if (channel->failing()) continue;
      if (const auto refused = channel->refuse_unconfirmed(); !refused) {
        connection->fail_channel(*channel, refused.error(), amqp::tx::Commit::kId);
      }
    }
  }
}

void Broker::shut_down() {
  on_durable();
  for (Connection* connection : connections_) {
    connection->fail_connection(
        {ErrorCode::kConnectionForced, "broker forced connection closure with reason 'shutdown'"},
        {});
  }
  settle_up();
}

void Broker::check_memory() {
  const std::uint64_t bytes = message_bytes();
  const std::uint64_t bytes_max = context_.options.memory_bytes_max;
  // Some way down before it clears, so that it does not flutter.
  const bool alarm = bytes > (memory_alarm_ ? bytes_max / 5 * 4 : bytes_max);
  if (alarm == memory_alarm_) return;
  memory_alarm_ = alarm;
  if (alarm) {
    logging::warning("messages hold {} bytes of memory, above the limit of {}: publishers wait",
                     bytes, bytes_max);
  } else {
    logging::info("messages hold {} bytes of memory: publishers go on", bytes);
  }
  block_publishers();
}

void Broker::set_disk_alarm(bool alarm) {
  if (std::exchange(disk_alarm_, alarm) != alarm) block_publishers();
}

void Broker::block_publishers() {
  for (Connection* connection : connections_) {
    if (!connection->publishes_) continue;
    if (memory_alarm_ || disk_alarm_) {
      connection->hold_back();
    } else {
      connection->set_blocked(false);
    }
  }
}

std::string_view Broker::short_of() const {
  if (memory_alarm_ && disk_alarm_) return "low on memory & disk";
  return memory_alarm_ ? "low on memory" : "low on disk";
}

}  // namespace bb::broker
