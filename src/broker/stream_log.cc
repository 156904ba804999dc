#include "broker/stream_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace bb::broker {
namespace {

constexpr std::size_t kChunkBytes = 1024;
constexpr std::size_t kFirstBytes = 64;  // of a chunk, which then grows by doubling
constexpr std::size_t kEntryBytesMax = 10;

// Little-endian groups of seven bits, all but the last with the high bit set.
void put(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

// `at` is before the end of whole integers.
std::uint64_t get(const std::vector<std::uint8_t>& bytes, std::size_t& at) {
  std::uint64_t value = 0;
  int shift = 0;
  for (; bytes[at] >= 0x80; ++at, shift += 7) value |= std::uint64_t{bytes[at] & 0x7fu} << shift;
  return value | std::uint64_t{bytes[at++]} << shift;
}

bool holds_whole_integers(const std::vector<std::uint8_t>& bytes, std::uint32_t count) {
  std::size_t length = 0;  // of the integer so far
  for (const std::uint8_t byte : bytes) {
    if (++length > kEntryBytesMax) return false;
    if (byte >= 0x80) continue;
    length = 0;
    if (count-- == 0) return false;
  }
  return length == 0 && count == 0;
}

}  // namespace

bool StreamLog::segment_is_full(std::uint64_t body_bytes, std::int64_t published_ms) const {
  return segment_bytes_ + body_bytes > limits_.segment_bytes ||
         published_ms - segment_first_ms_ > limits_.segment_ms;
}

void StreamLog::append(Position position, std::uint64_t body_bytes, std::int64_t published_ms) {
  // The wall clock may be set back; times are searched.
  if (!chunks_.empty()) published_ms = std::max(published_ms, chunks_.back().last_ms);
  const bool new_segment = chunks_.empty() || segment_is_full(body_bytes, published_ms);
  if (new_segment || chunks_.back().bytes.size() + kEntryBytesMax > kChunkBytes) {
    const Position before = chunks_.empty() ? 0 : chunks_.back().last_position;
    Chunk& chunk = chunks_.emplace_back();
    chunk.first_offset = next_offset_;
    chunk.begins_segment = new_segment;
    chunk.before = chunk.last_position = before;
    chunk.first_ms = published_ms;
    chunk.bytes.reserve(kFirstBytes);
    memory_bytes_ += memory_of(chunk);
    if (new_segment) {
      ++segment_count_;
      segment_bytes_ = 0;
      segment_first_ms_ = published_ms;
    }
  }
  Chunk& chunk = chunks_.back();
  BB_ASSERT(position > chunk.last_position);
  const std::size_t capacity = chunk.bytes.capacity();
  put(chunk.bytes, position - std::exchange(chunk.last_position, position));
  memory_bytes_ += chunk.bytes.capacity() - capacity;
  ++chunk.count;
  chunk.last_ms = published_ms;
  chunk.body_bytes += body_bytes;
  segment_bytes_ += body_bytes;
  body_bytes_ += body_bytes;
  ++next_offset_;
}

StreamLog::Cursor StreamLog::end() const {
  Cursor cursor;
  cursor.offset_ = next_offset_;
  cursor.chunk_ = dropped_ + chunks_.size();
  if (chunks_.empty()) return cursor;
  // In the last chunk, which may grow.
  --cursor.chunk_;
  cursor.at_ = chunks_.back().bytes.size();
  cursor.position_ = chunks_.back().last_position;
  return cursor;
}

StreamLog::Cursor StreamLog::find(StreamOffset offset) const {
  offset = std::max(offset, first_offset());
  if (offset >= next_offset_) return end();
  const auto behind = std::ranges::upper_bound(chunks_, offset, {}, &Chunk::first_offset);
  const auto chunk = std::prev(behind);
  Cursor cursor;
  cursor.chunk_ = dropped_ + static_cast<std::uint64_t>(chunk - chunks_.begin());
  cursor.offset_ = chunk->first_offset;
  cursor.position_ = chunk->before;
  while (cursor.offset_ < offset) next(cursor);
  return cursor;
}

std::optional<StreamLog::Entry> StreamLog::next(Cursor& cursor) const {
  if (cursor.offset_ >= next_offset_) return std::nullopt;
  if (cursor.offset_ < first_offset() || cursor.chunk_ < dropped_) {
    cursor = find(cursor.offset_);
    if (cursor.offset_ == next_offset_) return std::nullopt;  // all of it was dropped
  }
  const Chunk* chunk = &chunks_[cursor.chunk_ - dropped_];
  if (cursor.at_ == chunk->bytes.size()) {
    chunk = &chunks_[++cursor.chunk_ - dropped_];
    cursor.at_ = 0;
    cursor.position_ = chunk->before;
  }
  const std::uint64_t difference = get(chunk->bytes, cursor.at_);
  cursor.position_ += difference;
  return Entry{cursor.offset_++, difference == 0 ? 0 : cursor.position_};
}

std::vector<StreamLog::Entry> StreamLog::around(std::int64_t time_ms) const {
  const auto chunk = std::ranges::lower_bound(chunks_, time_ms, {}, &Chunk::last_ms);
  return chunk == chunks_.end() ? std::vector<Entry>() : entries_of(*chunk);
}

StreamLog::Segment StreamLog::first_segment() const {
  Segment segment;
  for (const Chunk& chunk : chunks_) {
    if (chunk.begins_segment && &chunk != &chunks_.front()) break;
    segment.end_offset = chunk.end_offset();
    segment.last_ms = chunk.last_ms;
    segment.body_bytes += chunk.body_bytes;
  }
  return segment;
}

std::vector<StreamLog::Entry> StreamLog::entries_of(const Chunk& chunk) {
  std::vector<Entry> entries;
  entries.reserve(chunk.count);
  Position position = chunk.before;
  for (std::size_t at = 0; at < chunk.bytes.size();) {
    const std::uint64_t difference = get(chunk.bytes, at);
    position += difference;
    entries.push_back({chunk.first_offset + entries.size(), difference == 0 ? 0 : position});
  }
  return entries;
}

void StreamLog::encode(Chunk& chunk, const std::vector<Entry>& entries) {
  chunk.bytes.clear();
  chunk.last_position = chunk.before;
  for (const Entry& entry : entries) {
    if (entry.position == 0) {
      put(chunk.bytes, 0);
    } else {
      put(chunk.bytes, entry.position - std::exchange(chunk.last_position, entry.position));
    }
  }
}

void StreamLog::replace(Chunk& chunk, const std::vector<Entry>& entries) {
  BB_ASSERT(!entries.empty());
  memory_bytes_ -= memory_of(chunk);
  body_bytes_ -= chunk.body_bytes;
  // Of single messages it is not known: see measure().
  chunk.is_reckoned = true;
  chunk.body_bytes = chunk.body_bytes * entries.size() / chunk.count;
  chunk.first_offset = entries.front().offset;
  chunk.count = static_cast<std::uint32_t>(entries.size());
  encode(chunk, entries);
  body_bytes_ += chunk.body_bytes;
  memory_bytes_ += memory_of(chunk);
}

void StreamLog::drop_first() {
  const Chunk& chunk = chunks_.front();
  memory_bytes_ -= memory_of(chunk);
  body_bytes_ -= chunk.body_bytes;
  if (chunk.begins_segment) --segment_count_;
  chunks_.pop_front();
  ++dropped_;
  if (chunks_.empty() || chunks_.front().begins_segment) return;
  // In the middle of a segment: what is left of it is one.
  chunks_.front().begins_segment = true;
  ++segment_count_;
}

void StreamLog::truncate(StreamOffset offset, const PositionVisitor& dropped) {
  offset = std::min(offset, next_offset_);
  while (!chunks_.empty() && chunks_.front().end_offset() <= offset) {
    for_each_in(chunks_.front(), dropped);
    drop_first();
  }
  if (chunks_.empty() || chunks_.front().first_offset >= offset) return;
  std::vector<Entry> kept = entries_of(chunks_.front());
  const auto first_kept = std::ranges::find(kept, offset, &Entry::offset);
  for (auto entry = kept.begin(); entry != first_kept; ++entry) {
    if (entry->position != 0) dropped(entry->position);
  }
  kept.erase(kept.begin(), first_kept);
  replace(chunks_.front(), kept);
}

void StreamLog::mark_lost(const std::function<bool(Position)>& there) {
  for (Chunk& chunk : chunks_) {
    std::vector<Entry> entries = entries_of(chunk);
    bool lost = false;
    for (Entry& entry : entries) {
      if (entry.position == 0 || there(entry.position)) continue;
      entry.position = 0;
      lost = true;
    }
    if (lost) replace(chunk, entries);
  }
}

void StreamLog::measure(const std::function<std::uint64_t(Position)>& body_bytes_of) {
  for (Chunk& chunk : chunks_) {
    if (!std::exchange(chunk.is_reckoned, false)) continue;
    body_bytes_ -= chunk.body_bytes;
    chunk.body_bytes = 0;
    for_each_in(chunk, [&](Position position) { chunk.body_bytes += body_bytes_of(position); });
    body_bytes_ += chunk.body_bytes;
  }
}

Position StreamLog::first_position(const Chunk& chunk) {
  for (std::size_t at = 0; at < chunk.bytes.size();) {
    if (const std::uint64_t difference = get(chunk.bytes, at)) return chunk.before + difference;
  }
  return 0;
}

void StreamLog::for_each_in(const Chunk& chunk, const PositionVisitor& visit) {
  Position position = chunk.before;
  for (std::size_t at = 0; at < chunk.bytes.size();) {
    const std::uint64_t difference = get(chunk.bytes, at);
    position += difference;
    if (difference != 0) visit(position);
  }
}

void StreamLog::for_each(const PositionVisitor& visit) const {
  for (const Chunk& chunk : chunks_) for_each_in(chunk, visit);
}

bool StreamLog::add_chunk(Chunk chunk) {
  if (chunk.count == 0 || !holds_whole_integers(chunk.bytes, chunk.count)) return false;
  chunk.last_position = chunk.before;
  for_each_in(chunk, [&](Position position) { chunk.last_position = position; });
  if (chunks_.empty()) {
    next_offset_ = chunk.first_offset;
    chunk.begins_segment = true;
  }
  if (chunk.first_offset != next_offset_) return false;
  if (chunk.begins_segment) {
    ++segment_count_;
    segment_bytes_ = 0;
    segment_first_ms_ = chunk.first_ms;
  }
  next_offset_ = chunk.end_offset();
  body_bytes_ += chunk.body_bytes;
  segment_bytes_ += chunk.body_bytes;
  memory_bytes_ += memory_of(chunk);
  chunks_.push_back(std::move(chunk));
  return true;
}

}  // namespace bb::broker
