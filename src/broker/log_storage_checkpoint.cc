// Checkpoints of LogStorage, and the segments that they let go.
#include <algorithm>
#include <set>
#include <utility>

#include "base/logging.h"
#include "base/try.h"
#include "broker/log_storage.h"
#include "broker/storage_checkpoint.h"
#include "log/checkpoint_file.h"

namespace bb::broker {

namespace {

// How often, at most, a disk that is nearly full is asked for what can go: where there are segments
// of which nothing is needed, and where there are none.
constexpr std::int64_t kReclaimDeadMs = 1000;
constexpr std::int64_t kReclaimMs = 10'000;

}  // namespace

bool LogStorage::wants_checkpoint() const {
  return !checkpoint_running_ && !log_->failed() &&
         (repaired_ || (given_up_ && has_room_again()) || could_reclaim() ||
          log_->end() - checkpoint_begun_ >=
              std::max({options_.checkpoint_bytes, checkpoint_size_ * options_.checkpoint_part,
                        checkpoint_messages_ * options_.checkpoint_bytes_each}));
}

// A checkpoint says everything there is: it is not tried again and again on a full disk.
bool LogStorage::has_room_again() const {
  constexpr std::uint64_t kRoomBytes = 4 << 20;
  const auto free_bytes = folder_.free_bytes();
  return free_bytes && *free_bytes >= kRoomBytes;
}

// On a disk that is nearly full: a checkpoint would let segments go, or might, after some time,
// find that so little of them is needed that it can be copied.
bool LogStorage::could_reclaim() const {
  if (!(disk_low_ || disk_full_) || !dropped_ || !removable_.empty()) return false;
  const std::int64_t waited_ms = now_ms_ - checkpoint_begun_ms_;
  if (waited_ms >= kReclaimMs) return true;
  if (waited_ms < kReclaimDeadMs || reclaim_failed_) return false;
  const auto segments = live_.segments();
  return std::ranges::any_of(segments, [&](const LiveCounts::Segment& segment) {
    const bool grows = &segment == &segments.back();
    return segment.live == 0 && (!grows || log_->end() - segment.base >= options_.dead_bytes_min);
  });
}

// Also where something in it is needed, if the disk is full: the checkpoint needs the room that it
// has reserved.
void LogStorage::end_dead_segment() {
  const auto segments = log_->segments();
  if (segments.empty() || segments.back().sealed) return;
  const Position base = segments.back().base;
  const bool dead = log_->end() - base >= options_.dead_bytes_min && live_.live_at(base) == 0;
  if (!disk_full_ && !(disk_low_ && dead)) return;
  if (const auto rolled = log_->roll(); !rolled) {
    logging::debug("storage: {}", rolled.error().message);
  }
  note_segments();
}

Result<LogStorage::CheckpointJob> LogStorage::begin_checkpoint(const HolderList& holders) {
  BB_ASSERT(!checkpoint_running_);
  checkpoint_begun_ms_ = now_ms_;
  BB_TRY(flush());
  dropped_ = false;
  empty_segments(holders);
  BB_TRY(flush());
  end_dead_segment();

  CheckpointJob job;
  job.folder_ = &folder_;
  job.number_ = ++checkpoint_number_;
  job.position_ = log_->end();
  CheckpointWriter writer;
  writer.begin(job.position_, queue_id_max_);
  for (const auto& [key, value] : definitions_) {
    writer.definition({key.first, key.second, value});
  }
  writer.end_definitions();
  holders.for_each_message(
      [&](QueueId queue, const QueuedMessage& message) { writer.message(queue, message); });
  writer.end_queues();
  holders.for_each_stream(
      [&](QueueId stream, const StreamLog& log) { writer.stream(stream, log); });
  writer.end_streams();
  for (const auto& [identity, moved] : moved_) writer.moved(identity, moved.at);
  checkpoint_messages_ = writer.message_count();
  job.bytes_ = writer.take();
  checkpoint_begun_ = job.position_;
  checkpoint_size_ = job.bytes_.size();
  checkpoint_running_ = true;
  unwritten_covered_ = unwritten_.size();
  given_up_covered_ = std::exchange(given_up_, false);
  urgent_end_ = job.position_;
  return job;
}

Result<void> LogStorage::CheckpointJob::run() {
  return log::write_checkpoint(*folder_, number_, bytes_.view());
}

void LogStorage::end_checkpoint(CheckpointJob&& job, Result<void> result) {
  checkpoint_running_ = false;
  const std::size_t covered = std::exchange(unwritten_covered_, 0);
  const bool given_up_covered = std::exchange(given_up_covered_, false);
  if (!result) {
    if (given_up_covered && !given_up_) give_up_unwritten();
    logging::warning("no checkpoint: {}; the log is kept whole until there is one",
                     result.error().message);
    checkpoint_begun_ = checkpoint_position_;  // due again
    dropped_ = reclaim_failed_ = true;
    return;
  }
  checkpoint_position_ = job.position_;
  repaired_ = reclaim_failed_ = false;
  for (std::size_t i = 0; i < covered; ++i) {
    unwritten_bytes_ -= sizeof(unwritten_.front()) + unwritten_.front().second.size();
    unwritten_.pop_front();
  }
  removable_.clear();
  for (const log::Segment& segment : log_->segments()) {
    if (segment.sealed && segment.end() <= checkpoint_position_ &&
        live_.live_at(segment.base) == 0) {
      removable_.push_back(segment.base);
    }
  }
  release_segment();
}

void LogStorage::end_sync(log::SyncJob&& job, Result<void> result) {
  log_->end_sync(std::move(job), std::move(result));
  release_segment();
}

// One at a time: the log would have to wait for the disk between two.
void LogStorage::release_segment() {
  if (removable_.empty() || log_->failed()) return;
  const Position base = removable_.back();
  const auto removed = log_->remove_segment(base);
  if (!removed) {
    logging::warning("a segment of the log that is no longer needed stays: {}",
                     removed.error().message);
  } else {
    live_.remove_segment(base);
  }
  removable_.pop_back();
}

// A few messages that nobody takes must not hold whole segments for ever: they are copied to the
// end of the log.
void LogStorage::empty_segments(const HolderList& holders) {
  const auto segments = log_->segments();
  if (segments.size() < 3) return;
  std::map<Position, std::uint64_t> needed_bytes;  // by base
  const auto base_of = [this](Position position) { return live_.base_of(location_of(position)); };
  // Neighbours are in the same segment, nearly always.
  std::uint64_t* needed_here = nullptr;
  Position base_here = 0;
  holders.for_each_message([&](QueueId, const QueuedMessage& message) {
    if (const Position base = base_of(message.position);
        base != base_here || needed_here == nullptr) {
      base_here = base;
      needed_here = &needed_bytes[base];
    }
    *needed_here += message.body_bytes;
  });
  // Of streams there may be millions: a chunk that is in one segment, as it came, is looked at as a
  // whole.
  const auto segment_of = [&](const StreamLog::Chunk& chunk) -> Position {
    const Position first = StreamLog::first_position(chunk);
    if (first == 0 || location_of(first) != first) return 0;
    if (location_of(chunk.last_position) != chunk.last_position) return 0;
    const Position base = live_.base_of(first);
    return base == live_.base_of(chunk.last_position) ? base : 0;
  };
  holders.for_each_stream([&](QueueId, const StreamLog& log) {
    for (const StreamLog::Chunk& chunk : log.chunks()) {
      if (const Position base = segment_of(chunk)) {
        needed_bytes[base] += chunk.body_bytes;
        continue;
      }
      const std::uint64_t bytes_each = chunk.body_bytes / chunk.count;
      StreamLog::for_each_in(
          chunk, [&](Position position) { needed_bytes[base_of(position)] += bytes_each; });
    }
  });
  std::set<Position> chosen;
  std::uint64_t budget = options_.moved_bytes_max;
  for (const log::Segment& segment : segments) {
    const auto needed = needed_bytes.find(segment.base);
    if (!segment.sealed || needed == needed_bytes.end() || needed->second > budget) continue;
    if (needed->second * options_.emptying_part >= segment.used_bytes) continue;
    chosen.insert(segment.base);
    budget -= needed->second;
  }
  if (chosen.empty()) return;
  std::map<Position, std::vector<QueueId>> messages_to_move;
  base_here = 0;
  bool chosen_here = chosen.contains(base_here);
  holders.for_each_message([&](QueueId queue, const QueuedMessage& message) {
    if (const Position base = base_of(message.position); base != base_here) {
      base_here = base;
      chosen_here = chosen.contains(base);
    }
    if (chosen_here) messages_to_move[message.position].push_back(queue);
  });
  holders.for_each_stream([&](QueueId stream, const StreamLog& log) {
    for (const StreamLog::Chunk& chunk : log.chunks()) {
      if (const Position base = segment_of(chunk); base != 0 && !chosen.contains(base)) continue;
      StreamLog::for_each_in(chunk, [&](Position position) {
        if (chosen.contains(base_of(position))) messages_to_move[position].push_back(stream);
      });
    }
  });
  for (const auto& [position, queues] : messages_to_move) {
    if (const auto moved = move_message(position, queues); !moved) {
      logging::warning("a message stays where it is: {}", moved.error().message);
      return;
    }
  }
}

Result<void> LogStorage::move_message(Position position, const std::vector<QueueId>& queues) {
  MemoryGauge gauge;
  BB_TRY_ASSIGN(const Message::Ptr message, load(position, gauge));
  head_.clear();
  encode_message_head(head_, *message, queues, position);
  const ByteView parts[] = {head_.view(), message->block()};
  // On a full disk it gives room back in the end.
  const auto room = disk_low_ || disk_full_ ? log::Room::kReserved : log::Room::kNormal;
  BB_TRY_ASSIGN(const Position at, append_record(RecordType::kMoved, parts, room));
  const Position before = location_of(position);
  for (std::size_t i = 0; i < queues.size(); ++i) live_.remove(before);
  live_.add(at, queues.size());
  moved_[position] = {at, queues.size()};
  return {};
}

Result<void> LogStorage::close(const HolderList& holders) {
  BB_TRY(flush());
  BB_TRY(log_->sync_now());
  BB_TRY_ASSIGN(CheckpointJob job, begin_checkpoint(holders));
  BB_TRY(log_->sync_now());
  Result<void> written = job.run();
  end_checkpoint(std::move(job), written);
  while (wants_release() && log_->sync_now()) release_segment();
  return written;
}

}  // namespace bb::broker
