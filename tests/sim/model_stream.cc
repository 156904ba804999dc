// What the model knows of streams: nothing of them is taken, and what they drop they say.
#include <algorithm>
#include <charconv>
#include <utility>

#include "model.h"

namespace bb::sim {

using broker::StreamOffset;

StreamOffset Model::next_offset(const std::string& stream) const {
  const auto found = queues_.find(stream);
  return found == queues_.end() ? 0 : found->second->next();
}

bool Model::has_read_all(ClientNumber number, const std::string& tag) const {
  const auto& consumers = clients_[number].consumers;
  const auto consumer = consumers.find(tag);
  return consumer != consumers.end() && !next_readable(consumer->second);
}

std::optional<StreamOffset> Model::next_readable(const Consumer& consumer) {
  const Queue& stream = *consumer.queue;
  for (StreamOffset offset = std::max(consumer.next, stream.first); offset < stream.next();
       ++offset) {
    if (stream.at(offset).position != 0) return offset;
  }
  return std::nullopt;
}

// It drops whole segments, no more than it has to, and never the last one.
void Model::truncated(QueueId id, StreamOffset first_offset) {
  const auto found =
      std::ranges::find_if(queues_, [id](const auto& entry) { return entry.second->id == id; });
  if (found == queues_.end()) return;  // deleted in this turn
  Queue& stream = *found->second;
  if (first_offset <= stream.first || first_offset >= stream.next()) {
    return log_.fail("{} drops up to {}, and has {} to {}", stream.name, first_offset, stream.first,
                     stream.next());
  }
  std::uint64_t bytes_left = 0;
  for (StreamOffset offset = stream.first; offset < stream.next(); ++offset) {
    const MessageId id_there = stream.at(offset).id;
    if (id_there == 0) return;  // lost: nobody knows
    bytes_left += post(id_there).body.size();
  }
  if (bytes_left <= kStreamBytesMax) {
    log_.fail("{} drops up to {}, and has only {} bytes", stream.name, first_offset, bytes_left);
  }
  log_.note("{} drops {} to {}", stream.name, stream.first, first_offset);
  stream.first = first_offset;
  stream.truncations.push_back({.first = first_offset, .effect = new_effect()});
}

void Model::read(ClientNumber number, Client& client, Consumer& consumer, const WireEvent& event) {
  const Queue& stream = *consumer.queue;
  const StreamOffset offset = event.offset ? static_cast<StreamOffset>(*event.offset) : kNever;
  log_.note("client {} reads offset {} of {}, tag {}", number, offset, stream.name, event.tag);
  if (offset < consumer.next || offset < stream.base || offset >= stream.next()) {
    return log_.fail("client {} is given offset {} of {}, expected {}", number, offset, stream.name,
                     consumer.next);
  }
  for (StreamOffset passed = consumer.next; passed < offset; ++passed) {
    if (passed >= stream.first && stream.at(passed).position != 0) {
      return log_.fail("client {}: offset {} of {} is passed over", number, passed, stream.name);
    }
  }
  if (stream.at(offset).id == 0) {
    return log_.fail("client {} is given offset {} of {}, which is lost", number, offset,
                     stream.name);
  }
  const Post& sent = post(stream.at(offset).id);
  if (event.body != sent.body || event.exchange != sent.exchange || event.key != sent.key ||
      event.persistent != sent.persistent || event.redelivered) {
    return log_.fail("offset {} of {} is not what was published", offset, stream.name);
  }
  consumer.next = offset + 1;
  if (++consumer.unacked > consumer.prefetch) {
    return log_.fail("client {}: consumer {} has {} unacknowledged, its prefetch is {}", number,
                     event.consumer, consumer.unacked, consumer.prefetch);
  }
  if (!client.unacked
           .emplace(event.tag,
                    Unacked{.queue = consumer.queue, .held = {}, .consumer = event.consumer})
           .second) {
    log_.fail("client {}: delivery tag {} is given twice", number, event.tag);
  }
}

void Model::check_readers(ClientNumber number, const Client& client) {
  for (const auto& [tag, consumer] : client.consumers) {
    const Queue& stream = *consumer.queue;
    if (!stream.is_stream || consumer.unacked >= consumer.prefetch) continue;
    if (const auto offset = next_readable(consumer)) {
      return log_.fail("client {}: consumer {} could read offset {} of {}, and is not given it",
                       number, tag, *offset, stream.name);
    }
  }
}

void Model::check_stream(Queue& stream, const Inventory::Stream& found, Position end,
                         bool damaged) {
  const StreamOffset found_next = found.first_offset + found.positions.size();
  std::deque<Held> entries;
  if (damaged) {
    // What a repair gave up behind the checkpoint is not counted any more.
    std::map<Position, Held> known;
    for (const Held& held : stream.entries) known[held.position] = held;
    Position before = 0;
    for (const Position position : found.positions) {
      entries.emplace_back();
      if (position == 0) continue;
      const auto entry = known.find(position);
      if (entry == known.end()) {
        forgotten_came_back_ = true;
        continue;
      }
      if (position <= before) {
        return log_.fail("stream {} is out of order after a repair", stream.name);
      }
      before = position;
      entries.back() = entry->second;
    }
  } else {
    StreamOffset lowest = stream.base;
    StreamOffset highest = stream.base;
    for (const Queue::Truncation& each : stream.truncations) {
      highest = each.first;
      if (must_survive(each.effect, end)) lowest = each.first;
    }
    // One that comes back after its end may have lost some of what it held.
    if (stream.forgotten != kNone) highest = stream.next();
    // What was dropped, and is again for want of the record of it, may be gone in part; at the
    // front it is passed over.
    while (highest < stream.next() && stream.at(highest).position == 0) ++highest;
    if (found.first_offset < lowest || found.first_offset > highest) {
      return log_.fail("stream {} begins at {} after a restart, expected {} to {}", stream.name,
                       found.first_offset, lowest, highest);
    }
    const auto in_log = static_cast<StreamOffset>(
        std::ranges::count_if(stream.entries, [end](const Held& held) { return held.end <= end; }));
    if (found_next != stream.base + in_log) {
      return log_.fail("stream {} goes to {} after a restart, expected {}", stream.name, found_next,
                       stream.base + in_log);
    }
    for (StreamOffset offset = found.first_offset; offset < found_next; ++offset) {
      Held held = stream.at(offset);
      const Position position = found.positions[offset - found.first_offset];
      if (position == 0 && (stream.forgotten != kNone || offset < highest)) held.position = 0;
      if (position != held.position) {
        return log_.fail("after a restart offset {} of {} is at position {}, expected {}", offset,
                         stream.name, position, held.position);
      }
      entries.push_back(std::move(held));
    }
  }
  stream.entries = std::move(entries);
  stream.base = stream.first = found.first_offset;
  stream.truncations.clear();
}

}  // namespace bb::sim
