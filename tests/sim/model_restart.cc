// What the model expects of a start.
#include <algorithm>
#include <utility>

#include "log/log_format.h"
#include "model.h"

namespace bb::sim {

bool Model::may_survive(EffectNumber effect, Position end) const {
  return effect != kNone && (effects_[effect].earliest < end || effect < checkpoint_possible_);
}

bool Model::must_survive(EffectNumber effect, Position end) const {
  return effect != kNone && (effects_[effect].certain <= end || effect < checkpoint_done_);
}

void Model::ended(bool power_failed, Position log_end) {
  end_low_ = power_failed ? durable_ : std::max(written_, durable_);
  // The end of a segment, and the head of the next, may have come to the disk as the machine ended.
  end_high_ = log_end + log::kMarkBytes + log::kSegmentHeaderBytes;
  for (ClientNumber number = 0; number < clients_.size(); ++number) {
    clients_[number].consumers.clear();
    return_all(clients_[number]);
    clients_[number] = {};
  }
}

void Model::started(const Inventory& found, const Stretches* given_up) {
  const bool damaged = given_up != nullptr;
  const Position end = found.log_end;
  if (!damaged && (end < end_low_ || end > end_high_)) {
    return log_.fail("the log ends at {} after a restart, expected {} to {}", end, end_low_,
                     end_high_);
  }
  std::set<std::string> keys;
  for (const auto& [key, history] : definitions_) keys.insert(key);
  for (const auto& [name, id] : found.queues) {
    keys.erase("queue " + name);
    check_definition("queue " + name, true, id, end, damaged);
  }
  for (const std::string& name : found.exchanges) {
    keys.erase("exchange " + name);
    check_definition("exchange " + name, true, 0, end, damaged);
  }
  for (const auto& binding : found.bindings) {
    keys.erase(binding_key(binding));
    check_definition(binding_key(binding), true, 0, end, damaged);
  }
  for (const std::string& key : keys) check_definition(key, false, 0, end, damaged);
  if (log_.failed()) return;

  std::map<std::string, QueuePtr> queues;
  for (const auto& [name, id] : found.queues) {
    QueuePtr queue;
    if (const auto known = queues_.find(name); known != queues_.end() && known->second->id == id) {
      queue = known->second;
    }
    for (const QueuePtr& gone : gone_queues_) {
      if (gone->name == name && gone->id == id) queue = gone;
    }
    if (!queue && damaged) {
      forgotten_came_back_ = true;
      continue;
    }
    if (!queue) return log_.fail("queue {} is there as number {}, which it never was", name, id);
    static const std::vector<broker::QueuedMessage> kNothing;
    if (queue->is_stream) {
      static const Inventory::Stream kEmpty;
      const auto stream = found.streams.find(id);
      check_stream(*queue, stream == found.streams.end() ? kEmpty : stream->second, end, damaged);
      queue->gone = false;
      queue->forgotten = kNone;
      queues[name] = std::move(queue);
      continue;
    }
    const auto messages = found.messages.find(id);
    check_queue(*queue, messages == found.messages.end() ? kNothing : messages->second, end,
                given_up);
    queue->gone = false;
    queue->forgotten = kNone;
    queues[name] = std::move(queue);
  }
  queues_ = std::move(queues);
  gone_queues_.clear();
  exchanges_ = found.exchanges;
  bindings_ = found.bindings;
  effects_.clear();
  first_unflushed_ = checkpoint_possible_ = checkpoint_done_ = 0;
  storage_failed_ = false;
  // What the start found is durable from now on.
  written_ = durable_ = durable_possible_ = end;
}

bool Model::possible(const std::vector<Definition>& history, bool exists, QueueId id,
                     Position end) const {
  bool allowed = !exists;  // by nothing being known of it
  for (const Definition& definition : history) {
    const bool same = definition.exists == exists && definition.id == id;
    if (definition.effect == kNone || must_survive(definition.effect, end)) {
      allowed = same;
    } else if (may_survive(definition.effect, end)) {
      allowed = allowed || same;
    }
  }
  return allowed;
}

void Model::check_definition(const std::string& key, bool exists, QueueId id, Position end,
                             bool damaged) {
  auto& history = definitions_[key];
  if (!damaged && !possible(history, exists, id, end)) {
    return log_.fail("after a restart {} is {}", key,
                     exists ? "there, and must not be" : "not there, and must be");
  }
  history = {{.exists = exists, .id = id, .effect = kNone}};
}

void Model::check_queue(Queue& queue, const std::vector<broker::QueuedMessage>& found, Position end,
                        const Stretches* given_up) {
  const bool damaged = given_up != nullptr;
  // All that it ever had and that may be on disk, by position.
  std::map<Position, Held> known;
  for (const auto& [place, held] : std::exchange(queue.waiting, {})) {
    if (held.position != 0) known[held.position] = held;
  }
  for (const Held& held : std::exchange(queue.settled, {})) known[held.position] = held;

  Position before = 0;
  for (const broker::QueuedMessage& message : found) {
    if (message.position <= before) {
      return log_.fail("queue {} is out of order after a restart", queue.name);
    }
    before = message.position;
    const auto entry = known.find(message.position);
    if (entry == known.end() && damaged) {
      // The record that said that it was done with is given up; it was forgotten here long ago.
      forgotten_came_back_ = true;
      continue;
    }
    if (entry == known.end()) {
      return log_.fail("after a restart queue {} has something at position {} that it did not have",
                       queue.name, message.position);
    }
    Held held = std::move(entry->second);
    known.erase(entry);
    if (!damaged) {
      if (must_survive(held.settled, end)) {
        return log_.fail("message {} of {} is back after a restart, though it was done with",
                         held.id, queue.name);
      }
      if (must_survive(queue.forgotten, end)) {
        return log_.fail("message {} is back after a restart, though queue {} was deleted", held.id,
                         queue.name);
      }
      if (message.redelivered && !held.was_delivered) {
        return log_.fail("message {} of {} is marked as redelivered after a restart, and never was",
                         held.id, queue.name);
      }
      if (must_survive(held.delivered, end)) held.delivery_is_durable = true;
      if (held.delivery_is_durable && !message.redelivered) {
        return log_.fail("message {} of {} is not marked as redelivered after a restart", held.id,
                         queue.name);
      }
    }
    held.redelivered = message.redelivered;
    held.delivered = held.settled = kNone;
    queue.waiting[next_place_++] = std::move(held);
  }
  // A queue that comes back, because its end was not durable yet, may come back without what
  // segments held that nothing needed any more.
  if (queue.forgotten != kNone) return;
  // Of messages that were moved, the places where they are now may have been hit: as many as were
  // given up in all.
  Position excused = 0;
  if (damaged) {
    for (const auto& [from, to] : *given_up) excused += to - from;
  }
  for (const auto& [position, held] : known) {
    if (held.end <= end && held.settled == kNone) {
      const auto was_hit = [&held](const auto& stretch) {
        return stretch.first < held.end && held.position < stretch.second;
      };
      if (damaged && std::ranges::any_of(*given_up, was_hit)) continue;
      const Position bytes = held.end - position;
      if (bytes <= excused) {
        excused -= bytes;
        continue;
      }
      return log_.fail("message {} of {} (position {}) is lost by a restart", held.id, queue.name,
                       position);
    }
  }
}

}  // namespace bb::sim
