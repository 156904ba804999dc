#include "model.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace bb::sim {
namespace {

MessageId id_of(const std::string& body) {
  MessageId id = 0;
  std::from_chars(body.data(), body.data() + body.size(), id);
  return id;
}

}  // namespace

bool Model::has_exchange(const std::string& name) const {
  return name.empty() || is_predeclared(name) || exchanges_.contains(name);
}

bool Model::may_share_turn(ClientNumber client, const Command& command) const {
  if (client < clients_.size() && clients_[client].failing) return true;
  switch (command.verb) {
    case Verb::kNothing:
    case Verb::kSelectConfirms:
      return true;
    case Verb::kAck:
      return client < clients_.size() && clients_[client].unacked.contains(command.delivery_tag);
    case Verb::kPublishMethod:
    case Verb::kPublish:
      return has_exchange(post(command.message).exchange);
    case Verb::kGet:
      return has_queue(command.queue);
    default:
      return false;
  }
}

std::size_t Model::waiting_count() const {
  std::size_t count = 0;
  for (const auto& [name, queue] : queues_) count += queue->waiting.size();
  return count;
}

std::size_t Model::unacked_count(ClientNumber client) const {
  return client < clients_.size() ? clients_[client].unacked.size() : 0;
}

MessageId Model::add_post(Post post) {
  posts_.push_back(std::move(post));
  return posts_.size();
}

Model::Client& Model::client_at(ClientNumber number) {
  if (number >= clients_.size()) clients_.resize(number + 1);
  return clients_[number];
}

Model::EffectNumber Model::new_effect() {
  effects_.push_back({.earliest = turn_begin_});
  return effects_.size() - 1;
}

void Model::flushed(Position log_end, bool with_all) {
  for (; with_all && first_unflushed_ < effects_.size(); ++first_unflushed_) {
    effects_[first_unflushed_].certain = log_end;
  }
  written_ = std::max(written_, log_end);
}

void Model::synced(Position written, Position log_end) {
  durable_ = std::max(durable_, written);
  durable_possible_ = std::max(durable_possible_, log_end);
}

void Model::begin_turn(Position log_end) {
  turn_begin_ = log_end;
  first_new_place_ = next_place_;
}

void Model::connected(ClientNumber number) {
  client_at(number) = {};
  client_at(number).connected = true;
}

void Model::disconnected(ClientNumber number) {
  Client& client = client_at(number);
  client.consumers.clear();
  return_all(client);
  client = {};
}

void Model::apply(ClientNumber number, const Command& command,
                  std::deque<TapStorage::Append>& appends,
                  const std::function<QueueId(const std::string&)>& queue_id) {
  Client& client = client_at(number);
  if (client.failing) return;
  const auto queue = queues_.find(command.queue);
  const bool has_queue = queue != queues_.end();
  switch (command.verb) {
    case Verb::kNothing:
      return;
    case Verb::kSelectConfirms:
      client.confirms = true;
      return;
    case Verb::kQos:
      client.prefetch = command.prefetch;
      return;
    case Verb::kPublishMethod:
      if (!has_exchange(post(command.message).exchange)) fail_channel(client, 404);
      return;
    case Verb::kPublish:
      return publish(client, command, appends);
    case Verb::kConsume:
      if (!has_queue) return fail_channel(client, 404);
      client.consumers[command.tag] = {.queue = queue->second,
                                       .no_ack = command.no_ack,
                                       .prefetch = client.prefetch,
                                       .next = command.offset.value_or(queue->second->next())};
      return;
    case Verb::kCancel:
      client.consumers.erase(command.tag);
      return;
    case Verb::kAck:
      if (!client.unacked.contains(command.delivery_tag)) return fail_channel(client, 406);
      for (Unacked& unacked : take_unacked(client, command.delivery_tag, command.multiple)) {
        settle(unacked.queue, std::move(unacked.held));
      }
      return;
    case Verb::kNack:
      if (!client.unacked.contains(command.delivery_tag)) return fail_channel(client, 406);
      for (Unacked& unacked : take_unacked(client, command.delivery_tag, command.multiple)) {
        if (command.requeue) {
          put_back(unacked);
        } else {
          settle(unacked.queue, std::move(unacked.held));
        }
      }
      return;
    case Verb::kGet:
      if (!has_queue) return fail_channel(client, 404);
      client.gets.emplace_back(queue->second, command.no_ack);
      return;
    case Verb::kRecover:
      return return_all(client);
    case Verb::kDeclareQueue: {
      client.count_due = has_queue ? static_cast<std::uint32_t>(queue->second->size()) : 0;
      if (has_queue) return;
      const auto made = std::make_shared<Queue>();
      made->name = command.queue;
      made->durable = is_durable_name(command.queue);
      made->is_stream = is_stream_name(command.queue);
      made->id = queue_id(command.queue);
      queues_[command.queue] = made;
      if (made->durable) define("queue " + command.queue, true, made->id);
      return;
    }
    case Verb::kDeleteQueue:
      client.count_due = has_queue ? static_cast<std::uint32_t>(queue->second->waiting.size()) : 0;
      return delete_queue(command.queue);
    case Verb::kPurge: {
      if (!has_queue) return fail_channel(client, 404);
      auto waiting = std::exchange(queue->second->waiting, {});
      client.count_due = static_cast<std::uint32_t>(waiting.size());
      for (auto& [place, held] : waiting) settle(queue->second, std::move(held));
      return;
    }
    case Verb::kDeclareExchange:
      if (exchanges_.insert(command.exchange).second && is_durable_name(command.exchange)) {
        define("exchange " + command.exchange, true);
      }
      return;
    case Verb::kDeleteExchange:
      return delete_exchange(command.exchange);
    case Verb::kBind: {
      if (!has_queue || !has_exchange(command.exchange)) return fail_channel(client, 404);
      const Inventory::Binding binding{command.exchange, command.queue, command.key};
      if (!bindings_.insert(binding).second) return;
      if (is_durable_name(command.exchange) && is_durable_name(command.queue)) {
        define(binding_key(binding), true);
      }
      return;
    }
    case Verb::kUnbind:
      return erase_binding({command.exchange, command.queue, command.key});
  }
}

void Model::publish(Client& client, const Command& command,
                    std::deque<TapStorage::Append>& appends) {
  const Post& sent = post(command.message);
  if (!has_exchange(sent.exchange)) return fail_channel(client, 404);
  const std::vector<QueuePtr> queues = route(sent);
  Unconfirmed unconfirmed{.id = command.message};
  TapStorage::Append append;
  std::set<QueueId> kept_by;
  for (const QueuePtr& queue : queues) {
    if (queue->durable && (sent.persistent || queue->is_stream)) kept_by.insert(queue->id);
  }
  if (!kept_by.empty()) {
    if (appends.empty() || appends.front().body != sent.body) {
      return log_.fail("message {} is not kept, for {} durable queues", command.message,
                       kept_by.size());
    }
    append = std::move(appends.front());
    appends.pop_front();
    if (std::set<QueueId>(append.queues.begin(), append.queues.end()) != kept_by) {
      return log_.fail("message {} is not kept for the durable queues that it is for",
                       command.message);
    }
    unconfirmed.refused = append.position == 0;
    unconfirmed.end = append.position == 0 ? 0 : append.end;
    if (unconfirmed.refused) log_.note("message {} is refused", command.message);
  }
  if (!unconfirmed.refused) {
    for (const QueuePtr& queue : queues) {
      if (queue->is_stream) {
        queue->entries.push_back(
            {.id = command.message, .position = append.position, .end = append.end});
        continue;
      }
      const bool kept = queue->durable && sent.persistent;
      queue->waiting[next_place_++] = {.id = command.message,
                                       .position = kept ? append.position : 0,
                                       .end = kept ? append.end : 0};
    }
  }
  if (client.confirms) client.unconfirmed[client.next_publish++] = unconfirmed;
}

std::vector<Model::QueuePtr> Model::route(const Post& post) const {
  std::vector<QueuePtr> found;
  if (post.exchange.empty()) {
    if (const auto queue = queues_.find(post.key); queue != queues_.end()) {
      found.push_back(queue->second);
    }
    return found;
  }
  const std::string type = exchange_type(post.exchange);
  for (const auto& [exchange, name, key] : bindings_) {
    if (exchange != post.exchange) continue;
    if (type == "direct" && key != post.key) continue;
    if (type == "topic" && !topic_matches(key, post.key)) continue;
    const QueuePtr& queue = queues_.at(name);
    if (!std::ranges::count(found, queue)) found.push_back(queue);
  }
  return found;
}

// Done with, as far as clients go. What the storage has of it may come back until the log says so.
void Model::settle(const QueuePtr& queue, Held held) {
  if (held.position == 0) return;
  held.settled = new_effect();
  queue->settled.push_back(std::move(held));
}

void Model::put_back(const Unacked& unacked) {
  if (unacked.queue->is_stream) return;
  if (unacked.queue->gone) return settle(unacked.queue, unacked.held);
  Held held = unacked.held;
  held.redelivered = true;
  unacked.queue->waiting[unacked.place] = std::move(held);
}

void Model::return_all(Client& client) {
  for (const auto& [tag, unacked] : std::exchange(client.unacked, {})) put_back(unacked);
  for (auto& [tag, consumer] : client.consumers) consumer.unacked = 0;
}

void Model::fail_channel(Client& client, std::uint32_t code) {
  client.failing = true;
  client.close_due = code;
  client.consumers.clear();
  return_all(client);
}

std::vector<Model::Unacked> Model::take_unacked(Client& client, std::uint64_t tag, bool multiple) {
  std::vector<Unacked> taken;
  const auto end = client.unacked.upper_bound(tag);
  auto at = multiple ? client.unacked.begin() : client.unacked.find(tag);
  while (at != client.unacked.end() && at != end) {
    if (const auto found = client.consumers.find(at->second.consumer);
        found != client.consumers.end()) {
      --found->second.unacked;
    }
    taken.push_back(std::move(at->second));
    at = client.unacked.erase(at);
  }
  return taken;
}

void Model::delete_queue(const std::string& name) {
  const auto found = queues_.find(name);
  if (found == queues_.end()) return;
  const QueuePtr queue = found->second;
  queues_.erase(found);
  queue->gone = true;
  for (Client& client : clients_) {
    std::erase_if(client.consumers, [&](const auto& entry) { return entry.second.queue == queue; });
  }
  std::vector<Inventory::Binding> bound;
  for (const auto& binding : bindings_) {
    if (std::get<1>(binding) == name) bound.push_back(binding);
  }
  for (const auto& binding : bound) erase_binding(binding);
  if (!queue->durable) return;
  queue->forgotten = new_effect();
  gone_queues_.push_back(queue);
  define("queue " + name, false);
}

void Model::delete_exchange(const std::string& name) {
  std::vector<Inventory::Binding> bound;
  for (const auto& binding : bindings_) {
    if (std::get<0>(binding) == name) bound.push_back(binding);
  }
  for (const auto& binding : bound) erase_binding(binding);
  if (exchanges_.erase(name) > 0 && is_durable_name(name)) define("exchange " + name, false);
}

void Model::erase_binding(const Inventory::Binding& binding) {
  if (bindings_.erase(binding) == 0) return;
  if (is_durable_name(std::get<0>(binding)) && is_durable_name(std::get<1>(binding))) {
    define(binding_key(binding), false);
  }
}

std::string Model::binding_key(const Inventory::Binding& binding) {
  const auto& [exchange, queue, key] = binding;
  return fmt::format("binding {} {} {}", exchange, queue, key);
}

void Model::define(const std::string& key, bool exists, QueueId id) {
  definitions_[key].push_back({.exists = exists, .id = id, .effect = new_effect()});
}

void Model::received(ClientNumber number, const WireEvent& event) {
  using Kind = WireEvent::Kind;
  Client& client = client_at(number);
  switch (event.kind) {
    case Kind::kDeliver:
    case Kind::kGetOk:
      return delivered(number, client, event);
    case Kind::kGetEmpty:
      if (client.gets.empty()) return log_.fail("client {}: get-empty, unasked", number);
      client.gets.front().first->was_empty = true;
      client.gets.pop_front();
      return;
    case Kind::kConfirm:
    case Kind::kRefusal:
      return confirmed(number, client, event);
    case Kind::kDeclared:
    case Kind::kPurged:
    case Kind::kDeleted:
      if (client.count_due != event.count) {
        log_.fail("client {}: the answer says {} messages, expected {}", number, event.count,
                  client.count_due.value_or(0));
      }
      client.count_due.reset();
      return;
    case Kind::kChannelClosed:
      if (client.close_due != event.count) {
        log_.fail("client {}: its channel is closed with {} ({}), expected {}", number, event.count,
                  event.text, client.close_due);
      }
      client.close_due = 0;
      return;
    case Kind::kConnectionClosed:
      return log_.fail("client {}: the connection is closed with {} ({})", number, event.count,
                       event.text);
    case Kind::kCancelled:
    case Kind::kOther:
      return;
  }
}

std::string Model::where_is(const Queue& queue, MessageId id) const {
  for (const Client& client : clients_) {
    for (const auto& [tag, unacked] : client.unacked) {
      if (unacked.queue.get() == &queue && unacked.held.id == id) return "it is with a client";
    }
  }
  const auto is_it = [id](const Held& held) { return held.id == id; };
  if (std::ranges::any_of(queue.settled, is_it)) return "the queue was done with it";
  return "the queue never had it, or was done with it for good";
}

void Model::delivered(ClientNumber number, Client& client, const WireEvent& event) {
  const MessageId id = id_of(event.body);
  const bool is_get = event.kind == WireEvent::Kind::kGetOk;
  QueuePtr queue;
  bool no_ack = false;
  Consumer* consumer = nullptr;
  if (is_get) {
    if (client.gets.empty()) return log_.fail("client {}: get-ok, unasked", number);
    std::tie(queue, no_ack) = client.gets.front();
    client.gets.pop_front();
  } else {
    const auto found = client.consumers.find(event.consumer);
    if (found == client.consumers.end()) {
      return log_.fail("client {}: message {} for consumer {}, which is not there", number, id,
                       event.consumer);
    }
    consumer = &found->second;
    if (consumer->queue->is_stream) return read(number, client, *consumer, event);
    queue = consumer->queue;
    no_ack = consumer->no_ack;
  }
  log_.note("client {} receives {} of {}{}, tag {}", number, id, queue->name,
            event.redelivered ? " again" : "", event.tag);
  const auto found = std::ranges::find_if(
      queue->waiting, [id](const auto& entry) { return entry.second.id == id; });
  if (found == queue->waiting.end()) {
    return log_.fail("client {} receives message {} of {}, which does not wait there: {}", number,
                     id, queue->name, where_is(*queue, id));
  }
  const auto& [place, held] = *found;
  const Post& sent = post(id);
  if (event.body != sent.body || event.exchange != sent.exchange || event.key != sent.key ||
      event.persistent != sent.persistent) {
    return log_.fail("message {} of {} is not what was published", id, queue->name);
  }
  if (event.redelivered != held.redelivered) {
    return log_.fail("message {} of {} comes with redelivered={}, expected {}", id, queue->name,
                     event.redelivered, held.redelivered);
  }
  // Between clients the order of one turn is not to be seen; see end_turn().
  std::uint64_t& last = client.taken_last[queue.get()];
  if (place < last) {
    return log_.fail("message {} of {} comes behind one that was after it", id, queue->name);
  }
  last = place;
  queue->taken_last = std::max(queue->taken_last, place);

  Unacked unacked{.queue = queue, .place = place, .held = held, .consumer = event.consumer};
  queue->waiting.erase(found);
  if (unacked.held.position != 0 && unacked.held.delivered == kNone) {
    unacked.held.delivered = new_effect();
  }
  unacked.held.was_delivered = true;
  if (no_ack) return settle(queue, std::move(unacked.held));
  if (consumer != nullptr && ++consumer->unacked > consumer->prefetch && consumer->prefetch > 0) {
    return log_.fail("client {}: consumer {} has {} unacknowledged, its prefetch is {}", number,
                     event.consumer, consumer->unacked, consumer->prefetch);
  }
  if (!client.unacked.emplace(event.tag, std::move(unacked)).second) {
    log_.fail("client {}: delivery tag {} is given twice", number, event.tag);
  }
}

void Model::confirmed(ClientNumber number, Client& client, const WireEvent& event) {
  const bool nack = event.kind == WireEvent::Kind::kRefusal;
  log_.note("client {}: {} {}{}", number, nack ? "nack" : "confirm", event.tag,
            event.multiple ? " multiple" : "");
  const auto end = client.unconfirmed.upper_bound(event.tag);
  auto at = event.multiple ? client.unconfirmed.begin() : client.unconfirmed.find(event.tag);
  if (at == client.unconfirmed.end() || at == end) {
    return log_.fail("client {}: a confirm of {}, which does not wait for one", number, event.tag);
  }
  for (; at != end; at = client.unconfirmed.erase(at)) {
    const Unconfirmed& publish = at->second;
    if (nack) {
      if (!publish.refused && !storage_failed_) {
        return log_.fail("client {}: message {} was kept, and is refused", number, publish.id);
      }
      continue;
    }
    if (publish.refused) {
      return log_.fail("client {}: message {} was refused, and is confirmed", number, publish.id);
    }
    if (publish.end > durable_possible_) {
      return log_.fail(
          "client {}: message {} is confirmed; it is in the log up to {}, and no sync has come "
          "further than {}",
          number, publish.id, publish.end, durable_possible_);
    }
    durable_ = std::max(durable_, publish.end);  // it must be there from now on
  }
}

void Model::end_turn(Position confirms_due) {
  for (auto& [name, queue] : queues_) {
    const auto first = queue->waiting.begin();
    if (first != queue->waiting.end()) {
      if (first->first < queue->taken_last) {
        log_.fail("message {} of {} was overtaken", first->second.id, name);
      }
      if (queue->was_empty && first->first < first_new_place_) {
        log_.fail("{} is said to be empty, and has message {}", name, first->second.id);
      }
    }
    queue->taken_last = 0;
    queue->was_empty = false;
  }
  for (ClientNumber number = 0; number < clients_.size(); ++number) {
    Client& client = clients_[number];
    client.taken_last.clear();
    if (client.close_due != 0) {
      log_.fail("client {}: its channel is not closed with {}", number, client.close_due);
    }
    if (client.failing || !client.connected) continue;
    if (!client.gets.empty()) log_.fail("client {}: no answer to basic.get", number);
    if (client.count_due) log_.fail("client {}: no answer with a count", number);
    check_readers(number, client);
    for (const auto& [tag, consumer] : client.consumers) {
      if (consumer.queue->waiting.empty()) continue;
      if (consumer.no_ack || consumer.prefetch == 0 || consumer.unacked < consumer.prefetch) {
        log_.fail("client {}: consumer {} could take message {} of {}, and is not given it", number,
                  tag, consumer.queue->waiting.begin()->second.id, consumer.queue->name);
      }
    }
    for (const auto& [sequence, publish] : client.unconfirmed) {
      if (publish.refused || publish.end <= confirms_due || storage_failed_) {
        log_.fail("client {}: publish {} (message {}) is not answered", number, sequence,
                  publish.id);
      }
    }
  }
}

}  // namespace bb::sim
