#include "broker/stream.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/logging.h"
#include "broker/queue.h"

namespace bb::broker {
namespace {

// One reader's turn, and that of all together, before others get to do something.
constexpr std::size_t kBatchMessages = 256;
constexpr std::size_t kBatchBytes = 256 << 10;
constexpr std::size_t kTurnBytes = 1 << 20;
constexpr std::size_t kTurnReaders = 64;

// What is held for readers who are a little behind, where the storage has it, too.
constexpr std::size_t kHeldMessages = 1024;
constexpr std::uint64_t kHeldBytes = 256 << 10;

// A limit by age drops to within one part in so many of it, however little is published.
constexpr std::int64_t kSegmentsPerAge = 8;

}  // namespace

Stream::Stream(Queue& queue, BrokerContext& context)
    : queue_(queue), context_(context), log_(limits_of(queue.policy())) {}

Stream::~Stream() {
  context_.timers.cancel(*this);
  context_.stream_memory.remove(memory_counted_);
  waiting_.clear();
  reading_.clear();
}

StreamLog::Limits Stream::limits_of(const QueuePolicy& policy) {
  StreamLog::Limits limits;
  if (policy.segment_bytes_max) limits.segment_bytes = *policy.segment_bytes_max;
  if (policy.max_age) limits.segment_ms = policy.max_age->count() / kSegmentsPerAge;
  return limits;
}

void Stream::restore(StreamLog log) {
  BB_ASSERT(log_.next_offset() == 0 && readers_.empty());
  log_ = std::move(log);
  log_.set_limits(limits_of(queue_.policy()));
  // Between two segments it may be larger than its limit: that is for the next one to see.
  drop_old(/*by_size=*/false);
  count_memory();
}

void Stream::policy_changed() {
  log_.set_limits(limits_of(queue_.policy()));
  drop_old(/*by_size=*/true);
  count_memory();
}

void Stream::count_memory() {
  const std::size_t bytes = log_.memory_bytes();
  if (bytes == memory_counted_) return;
  context_.stream_memory.remove(memory_counted_);
  context_.stream_memory.add(bytes);
  memory_counted_ = bytes;
}

void Stream::push(Message::Ptr message, Position position) {
  const StreamLog::Cursor before = log_.end();
  const std::size_t segments = log_.segment_count();
  log_.append(position, message->body().size(), message->published_ms());
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    Reader& reader = *next++;
    if (before.offset() < reader.from) continue;
    if (reader.consumer->can_take()) {
      deliver(reader, message, before.offset());
    } else {
      leave_line(reader);
      reader.cursor = before;
    }
  }
  hold(std::move(message));
  if (log_.segment_count() != segments) drop_old(/*by_size=*/true);
  count_memory();
}

void Stream::deliver(Reader& reader, Message::Ptr message, StreamOffset offset) {
  const std::uint64_t body_bytes = message->body().size();
  // Without a position: what becomes of it is nothing to the storage.
  reader.consumer->deliver(
      {.message = std::move(message), .sequence = offset, .body_bytes = body_bytes});
}

// Readers who are a little behind need not go to the disk.
void Stream::hold(Message::Ptr message) {
  const bool stored = context_.storage.keeps_bodies();
  if (stored &&
      (everybody_waits() || context_.memory.bytes() > context_.options.resident_bytes_max)) {
    return let_go(log_.next_offset());
  }
  held_bytes_ += message->body().size();
  held_.push_back(std::move(message));
  while (stored && (held_.size() > kHeldMessages || held_bytes_ > kHeldBytes)) {
    held_bytes_ -= held_.front()->body().size();
    held_.pop_front();
  }
}

void Stream::let_go(StreamOffset before) {
  while (!held_.empty() && log_.next_offset() - held_.size() < before) {
    held_bytes_ -= held_.front()->body().size();
    held_.pop_front();
  }
}

void Stream::let_go_if_unwanted() {
  if (everybody_waits() && context_.storage.keeps_bodies()) let_go(log_.next_offset());
}

Message::Ptr Stream::message_at(const StreamLog::Entry& entry) {
  const std::uint64_t from_end = log_.next_offset() - entry.offset;
  if (from_end <= held_.size()) return held_[held_.size() - from_end];
  if (entry.position == 0) return nullptr;
  auto loaded = context_.storage.load(entry.position, context_.memory);
  if (loaded) return *std::move(loaded);
  logging::error("message at {}: {}", entry.position, loaded.error().message);
  return nullptr;
}

StreamLog::Cursor Stream::place_of(const StreamStart& start) {
  switch (start.kind) {
    case StreamStart::Kind::kFirst:
      return log_.find(0);
    case StreamStart::Kind::kLast:
      return log_.find(log_.next_offset() - (log_.empty() ? 0 : 1));
    case StreamStart::Kind::kNext:
      return log_.end();
    case StreamStart::Kind::kOffset:
      return log_.find(start.offset);
    case StreamStart::Kind::kTime:
      break;
  }
  const auto entries = log_.around(start.time_ms);
  if (entries.empty()) return log_.end();
  const auto first = std::ranges::partition_point(entries, [&](const StreamLog::Entry& entry) {
    const Message::Ptr message = message_at(entry);
    return message && message->published_ms() < start.time_ms;
  });
  return log_.find(first == entries.end() ? entries.back().offset + 1 : first->offset);
}

void Stream::add_reader(Consumer& consumer, const StreamStart& start) {
  Reader& reader = readers_.emplace_back();
  by_consumer_.emplace(&consumer, std::prev(readers_.end()));
  reader.consumer = &consumer;
  reader.cursor = place_of(start);
  if (start.kind == StreamStart::Kind::kOffset) reader.from = start.offset;
  stand_in_line(reader);
}

void Stream::remove_reader(Consumer& consumer) {
  const auto reader = by_consumer_.find(&consumer);
  BB_ASSERT(reader != by_consumer_.end());
  leave_line(*reader->second);
  readers_.erase(reader->second);
  by_consumer_.erase(reader);
  let_go_if_unwanted();
}

void Stream::resume(Consumer& consumer) {
  const auto reader = by_consumer_.find(&consumer);
  BB_ASSERT(reader != by_consumer_.end());
  if (!reader->second->hook.is_linked()) stand_in_line(*reader->second);
}

void Stream::stand_in_line(Reader& reader) {
  reader.waits = reader.cursor.offset() >= log_.next_offset();
  if (reader.waits) {
    waiting_.push_back(reader);
    let_go_if_unwanted();
  } else {
    reading_.push_back(reader);
    schedule();
  }
}

void Stream::leave_line(Reader& reader) {
  if (!reader.hook.is_linked()) return;
  Line& line = reader.waits ? waiting_ : reading_;
  line.erase(line.iterator_to(reader));
}

void Stream::schedule() {
  if (std::exchange(scheduled_, true)) return;
  context_.deferred.add([queue = boost::intrusive_ptr<Queue>(&queue_), this] {
    scheduled_ = false;
    if (!queue->closed()) take_turns();
  });
}

void Stream::take_turns() {
  std::size_t bytes = 0;
  for (std::size_t left = std::min(reading_.size(), kTurnReaders); left > 0 && bytes < kTurnBytes;
       --left) {
    Reader& reader = reading_.front();
    reading_.splice(reading_.end(), reading_, reading_.begin());
    bytes += read(reader);
  }
  set_timer();  // to go on
}

std::size_t Stream::read(Reader& reader) {
  std::size_t bytes = 0;
  for (std::size_t count = 0; count < kBatchMessages && bytes < kBatchBytes; ++count) {
    if (!reader.consumer->can_take()) {
      leave_line(reader);
      break;
    }
    const auto entry = log_.next(reader.cursor);
    if (!entry) {
      leave_line(reader);
      stand_in_line(reader);
      break;
    }
    Message::Ptr message = message_at(*entry);
    if (!message) continue;
    bytes += message->body().size();
    deliver(reader, std::move(message), entry->offset);
  }
  return bytes;
}

void Stream::drop_old(bool by_size) {
  const QueuePolicy& policy = queue_.policy();
  old_at_.reset();
  while (log_.segment_count() > 1) {
    const StreamLog::Segment first = log_.first_segment();
    std::int64_t left_ms = 1;
    if (policy.max_age) left_ms = first.last_ms + policy.max_age->count() - context_.clock.wall_ms;
    const bool too_large =
        by_size && policy.max_length_bytes && log_.body_bytes() > *policy.max_length_bytes;
    if (!too_large && left_ms > 0) {
      if (policy.max_age) old_at_ = context_.clock.now + std::chrono::milliseconds(left_ms);
      break;
    }
    context_.storage.truncated(queue_.id(), first.end_offset);
    log_.truncate(first.end_offset,
                  [this](Position position) { context_.storage.discard(position); });
    let_go(log_.first_offset());
  }
  set_timer();
}

void Stream::on_time() {
  take_turns();
  if (old_at_ && *old_at_ <= context_.clock.now) drop_old(/*by_size=*/false);
  count_memory();
}

void Stream::set_timer() {
  std::optional<TimePoint> due = old_at_;
  if (!reading_.empty()) due = std::min(due.value_or(context_.clock.now), context_.clock.now);
  if (!due) {
    context_.timers.cancel(*this);
  } else if (!is_set() || Timer::due() != *due) {
    context_.timers.set(*this, *due);
  }
}

void Stream::close() {
  context_.timers.cancel(*this);
  log_.for_each([this](Position position) { context_.storage.discard(position); });
  held_.clear();
  log_ = StreamLog();
  count_memory();
  waiting_.clear();
  reading_.clear();
  by_consumer_.clear();
  while (!readers_.empty()) {
    Consumer* const consumer = readers_.front().consumer;
    readers_.pop_front();
    consumer->cancelled();
  }
}

}  // namespace bb::broker
