#include "broker/log_storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "base/assert.h"
#include "base/logging.h"
#include "base/try.h"
#include "broker/definition_codec.h"
#include "broker/queue_policy.h"
#include "broker/storage_checkpoint.h"
#include "broker/stored_queues.h"
#include "broker/stream.h"
#include "log/checkpoint_file.h"

namespace bb::broker {

// What reading a checkpoint and the log behind it comes to.
struct LogStorage::Replay {
  Position from = 0;  // what the checkpoint does not say
  QueueId queue_id_max = 0;
  std::map<DefinitionKey, std::string> definitions;
  StoredQueues queues;
  std::unordered_map<QueueId, StreamLog> streams;
  bool chunks_fit = true;  // of the streams in the checkpoint
  std::unordered_map<Position, Position> moved;
  StoredMessage stored;

  // A number that a queue has had is not given again: what the log says of the old one would be
  // taken for the new one's.
  void note(QueueId queue) { queue_id_max = std::max(queue_id_max, queue); }
  void note(const DefinitionText& definition) {
    if (definition.kind != DefinitionKind::kQueue) return;
    const auto queue = decode_queue(definition.key, definition.value);
    if (!queue) return;
    note(queue->id);
    const auto policy = parse_queue_policy(queue->properties.arguments, queue->name);
    if (policy && policy->type == QueueType::kStream) {
      streams[queue->id].set_limits(Stream::limits_of(*policy));
    }
  }
  Result<void> checkpoint(ByteView bytes);
  Result<void> record(const log::Record& record);
};

Result<void> LogStorage::Replay::checkpoint(ByteView bytes) {
  CheckpointContent content;
  content.on_definition = [this](const DefinitionText& definition) {
    note(definition);
    definitions[{definition.kind, std::string(definition.key)}] = definition.value;
  };
  content.on_message = [this](QueueId queue, const QueuedMessage& message) {
    queues.add(queue, message);
  };
  content.on_chunk = [this](QueueId queue, StreamLog::Chunk chunk) {
    const auto stream = streams.find(queue);
    if (stream == streams.end()) return;
    if (chunk.count == 0) {
      stream->second.set_next_offset(chunk.first_offset);
    } else if (!stream->second.add_chunk(std::move(chunk))) {
      chunks_fit = false;
    }
  };
  content.on_moved = [this](Position identity, Position at) { moved[identity] = at; };
  BB_TRY(read_checkpoint_content(bytes, content));
  if (!chunks_fit) {
    return fail(ErrorCode::kCorruptData,
                "what a checkpoint says of a stream does not fit together");
  }
  from = content.position;
  note(content.queue_id_max);
  return {};
}

Result<void> LogStorage::Replay::record(const log::Record& record) {
  if (record.position < from) return {};
  switch (static_cast<RecordType>(record.type)) {
    case RecordType::kMessage:
      BB_TRY(decode_message(record.payload, stored));
      for (const QueueId queue : stored.queues) {
        note(queue);
        if (const auto stream = streams.find(queue); stream != streams.end()) {
          stream->second.append(record.position, stored.body.size(), stored.published_ms);
        } else {
          queues.add(queue, {.position = record.position, .body_bytes = stored.body.size()});
        }
      }
      return {};
    case RecordType::kSettled:
      return decode_positions(record.payload, [this](QueueId queue, Position position) {
        queues.settle(queue, position);
      });
    case RecordType::kDelivered:
      return decode_positions(record.payload, [this](QueueId queue, Position position) {
        queues.delivered(queue, position);
      });
    case RecordType::kDefine: {
      BB_TRY_ASSIGN(const DefinitionText definition, decode_definition(record.payload));
      note(definition);
      definitions[{definition.kind, std::string(definition.key)}] = definition.value;
      return {};
    }
    case RecordType::kUndefine: {
      BB_TRY_ASSIGN(const DefinitionText definition, decode_definition(record.payload));
      definitions.erase({definition.kind, std::string(definition.key)});
      return {};
    }
    case RecordType::kForget: {
      BB_TRY_ASSIGN(const QueueId queue, decode_queue_id(record.payload));
      queues.forget(queue);
      streams.erase(queue);
      return {};
    }
    case RecordType::kRequeued: {
      BB_TRY_ASSIGN(const RequeuedText requeued, decode_requeued(record.payload));
      queues.requeued(requeued.queue, requeued.position, requeued.delivery_count);
      return {};
    }
    case RecordType::kMoved:
      BB_TRY(decode_message(record.payload, stored));
      moved[stored.identity] = record.position;
      return {};
    case RecordType::kTruncated: {
      BB_TRY_ASSIGN(const TruncatedText truncated, decode_truncated(record.payload));
      if (const auto stream = streams.find(truncated.stream); stream != streams.end()) {
        stream->second.truncate(truncated.first_offset, [](Position) {});
      }
      return {};
    }
  }
  return fail(ErrorCode::kCorruptData,
              "the log has a record of a type that this version does not know: it was written by a "
              "newer one");
}

LogStorage::LogStorage(io::Folder& folder, const LogStorageOptions& options)
    : folder_(folder), options_(options) {}

LogStorage::~LogStorage() = default;

// A repair goes on with the log alone if it has to: what is done with may come back, and what was
// defined in segments that are gone is lost.
static Result<std::optional<log::Checkpoint>> read_checkpoint(io::Folder& folder,
                                                              log::RepairMode repair) {
  auto checkpoint = log::read_newest_checkpoint(folder);
  if (checkpoint || repair == log::RepairMode::kRefuse ||
      checkpoint.error().code != ErrorCode::kCorruptData) {
    return checkpoint;
  }
  logging::error("{}; going on with the log alone", checkpoint.error().message);
  return std::nullopt;
}

Result<LogStorage::Opened> LogStorage::open(io::Folder& folder, const LogStorageOptions& options,
                                            std::int64_t now_ms) {
  std::unique_ptr<LogStorage> storage(new LogStorage(folder, options));
  Replay replay;
  BB_TRY_ASSIGN(const auto checkpoint, read_checkpoint(folder, options.repair));
  if (checkpoint) {
    BB_TRY(replay.checkpoint(checkpoint->payload()));
    storage->checkpoint_number_ = checkpoint->number;
    storage->checkpoint_position_ = replay.from;
    storage->checkpoint_size_ = checkpoint->payload().size();
  }
  log::RecoveryOptions recovery;
  recovery.repair = options.repair;
  recovery.check_from = replay.from;
  recovery.removed_up_to = replay.from;
  recovery.durable_up_to = replay.from;
  recovery.visitor = [&replay](const log::Record& record) { return replay.record(record); };
  BB_TRY_ASSIGN(storage->log_, log::Log::open(folder, options.log, recovery, now_ms));
  if (storage->log_->end() < replay.from && options.repair == log::RepairMode::kRefuse) {
    return fail(ErrorCode::kCorruptData,
                fmt::format("the newest checkpoint counts on the log up to position {}, which ends "
                            "at {}: files are missing; `bb serve --repair` goes on without them",
                            replay.from, storage->log_->end()));
  }
  storage->repaired_ = options.repair == log::RepairMode::kRepair &&
                       (!checkpoint || !storage->log_->recovery().skipped.empty());
  storage->readers_ = std::make_unique<log::ReaderPool>(*storage->log_);
  Opened opened;
  opened.state = storage->adopt(replay);
  storage->urgent_end_ = storage->log_->durable();
  opened.storage = std::move(storage);
  return opened;
}

StoredState LogStorage::adopt(Replay& replay) {
  StoredState state;
  std::set<QueueId> known;
  for (const auto& [key, value] : replay.definitions) {
    state.definitions.push_back({key.first, key.second, value});
    if (key.first != DefinitionKind::kQueue) continue;
    if (const auto queue = decode_queue(key.second, value)) known.insert(queue->id);
  }
  definitions_ = std::move(replay.definitions);
  queue_id_max_ = replay.queue_id_max;
  if (!known.empty()) queue_id_max_ = std::max(queue_id_max_, *known.rbegin());
  state.next_queue_id = queue_id_max_ + 1;

  note_segments();
  for (auto& [queue, messages] : replay.queues.take()) {
    if (!known.contains(queue)) continue;
    std::erase_if(messages, [&](const QueuedMessage& message) {
      return !adopt_reference(message.position, replay);
    });
    if (!messages.empty()) state.queues.emplace(queue, std::move(messages));
  }
  for (auto& [queue, log] : replay.streams) {
    if (!known.contains(queue)) continue;
    adopt_stream(log, replay);
    state.streams.emplace(queue, std::move(log));
  }
  return state;
}

bool LogStorage::adopt_reference(Position position, const Replay& replay) {
  const auto moved = replay.moved.empty() ? replay.moved.end() : replay.moved.find(position);
  const Position at = moved == replay.moved.end() ? position : moved->second;
  if (!holds(at)) return false;
  if (moved != replay.moved.end()) {
    Moved& entry = moved_[position];
    entry.at = at;
    ++entry.references;
  }
  live_.add(at, 1);
  return true;
}

void LogStorage::adopt_stream(StreamLog& log, const Replay& replay) {
  log.mark_lost([&](Position position) { return adopt_reference(position, replay); });
  // What is missing at the front was dropped, and that was not written when its segment went.
  StreamLog::Cursor cursor = log.find(0);
  StreamOffset first = log.first_offset();
  while (const auto entry = log.next(cursor)) {
    if (entry->position != 0) break;
    first = entry->offset + 1;
  }
  log.truncate(first, [](Position) {});
  // Or a limit would be met too early, or too late.
  log.measure([this](Position position) -> std::uint64_t {
    const auto record = readers_->read(location_of(position));
    if (!record || !decode_message(record->payload, stored_)) return 0;
    return stored_.body.size();
  });
}

bool LogStorage::holds(Position position) const {
  const auto segments = log_->segments();
  const auto behind = std::ranges::upper_bound(segments, position, {}, &log::Segment::base);
  return behind != segments.begin() && position < std::prev(behind)->end();
}

void LogStorage::note_segments() {
  const auto segments = log_->segments();
  // New ones are at the end.
  auto fresh = segments.end();
  while (fresh != segments.begin() && !live_.counts_up_to((fresh - 1)->base)) --fresh;
  for (; fresh != segments.end(); ++fresh) live_.add_segment(fresh->base);
}

void LogStorage::set_time(std::int64_t now_ms) {
  now_ms_ = now_ms;
  log_->set_time(now_ms);
  readers_->release_idle();
  if (std::exchange(disk_full_told_, disk_full_) == disk_full_) return;
  if (disk_full_) {
    logging::warning(
        "no room left on the disk for the log: persistent events are refused (nacked) until there "
        "is; make room, or consume what waits in durable queues");
  } else {
    logging::info("there is room on the disk again: persistent events are taken");
  }
}

void LogStorage::wake(FlushDue due) {
  if (!wake_ || woken_ >= due) return;
  woken_ = due;
  wake_(due);
}

Result<Position> LogStorage::append_record(RecordType type, std::span<const ByteView> parts,
                                           log::Room room) {
  BB_TRY_ASSIGN(const Position position,
                log_->append(static_cast<std::uint8_t>(type), parts, room));
  if (!live_.counts_up_to(log_->segments().back().base)) note_segments();
  wake(log_->pending_bytes() < options_.write_bytes ? FlushDue::kSoon : FlushDue::kBeforeAnswers);
  return position;
}

Result<Position> LogStorage::append(const Message& message, std::span<const QueueId> queues) {
  if (is_behind()) {
    disk_full_ = true;
    return fail(ErrorCode::kDiskFull, "no room left on the disk");
  }
  head_.clear();
  encode_message_head(head_, message, queues, /*identity=*/0);
  const ByteView parts[] = {head_.view(), message.block()};
  const auto position = append_record(RecordType::kMessage, parts, log::Room::kNormal);
  disk_full_ = !position && position.error().code == ErrorCode::kDiskFull;
  if (!position) return position;
  live_.add(*position, queues.size());
  urgent_end_ = log_->end();
  return position;
}

Position LogStorage::location_of(Position position) const {
  if (moved_.empty()) return position;
  const auto moved = moved_.find(position);
  return moved == moved_.end() ? position : moved->second.at;
}

Result<Message::Ptr> LogStorage::load(Position position, MemoryGauge& gauge) {
  BB_TRY_ASSIGN(const log::Record record, readers_->read(location_of(position)));
  BB_TRY(decode_message(record.payload, stored_));
  return Message::make(gauge, stored_.exchange, stored_.routing_key, stored_.properties,
                       stored_.body, /*persistent=*/true, stored_.published_ms);
}

void LogStorage::drop_reference(Position position) {
  dropped_ = true;
  if (const auto moved = moved_.empty() ? moved_.end() : moved_.find(position);
      moved != moved_.end()) {
    live_.remove(moved->second.at);
    if (--moved->second.references == 0) moved_.erase(moved);
    return;
  }
  live_.remove(position);
}

void LogStorage::acknowledge(QueueId queue, Position position) {
  settled_.add(queue, position);
  drop_reference(position);
  wake(FlushDue::kSoon);
}

void LogStorage::delivered(QueueId queue, Position position) {
  delivered_.add(queue, position);
  wake(FlushDue::kSoon);
}

void LogStorage::discard(Position position) {
  drop_reference(position);
}

// These give room back in the end, or are small and rare: they may use the last of it. Without any,
// or where a file cannot be made, they wait.
void LogStorage::append_settling(RecordType type, ByteView payload) {
  if (log_->failed()) return;
  if (!is_behind()) {
    const auto appended = append_record(type, std::span(&payload, 1), log::Room::kReserved);
    if (appended || log_->failed()) return;
  }
  if (given_up_) return;
  unwritten_bytes_ += sizeof(unwritten_.front()) + payload.size();
  unwritten_.emplace_back(type, as_text(payload));
  if (unwritten_bytes_ > options_.unwritten_bytes_max) give_up_unwritten();
}

void LogStorage::give_up_unwritten() {
  logging::warning(
      "there has been no room on the disk for long: persistent events are refused until there is "
      "room for a checkpoint");
  unwritten_.clear();
  unwritten_bytes_ = 0;
  unwritten_covered_ = 0;
  given_up_ = true;
}

void LogStorage::requeued(QueueId queue, Position position, std::uint32_t delivery_count) {
  head_.clear();
  encode_requeued(head_, {queue, position, delivery_count});
  append_settling(RecordType::kRequeued, head_.view());
}

void LogStorage::truncated(QueueId stream, StreamOffset first_offset) {
  head_.clear();
  encode_truncated(head_, {stream, first_offset});
  append_settling(RecordType::kTruncated, head_.view());
}

void LogStorage::forget_queue(QueueId queue) {
  head_.clear();
  encode_queue_id(head_, queue);
  append_settling(RecordType::kForget, head_.view());
  wake(FlushDue::kBeforeAnswers);
}

void LogStorage::put_definition(DefinitionKind kind, std::string_view key, std::string_view value) {
  if (kind == DefinitionKind::kQueue) {
    if (const auto queue = decode_queue(key, value)) {
      queue_id_max_ = std::max(queue_id_max_, queue->id);
    }
  }
  definitions_[{kind, std::string(key)}] = value;
  head_.clear();
  encode_definition(head_, {kind, key, value});
  append_settling(RecordType::kDefine, head_.view());
  urgent_end_ = log_->end();
  wake(FlushDue::kBeforeAnswers);
}

void LogStorage::erase_definition(DefinitionKind kind, std::string_view key) {
  if (definitions_.erase({kind, std::string(key)}) == 0) return;
  head_.clear();
  encode_definition(head_, {kind, key, {}});
  append_settling(RecordType::kUndefine, head_.view());
  urgent_end_ = log_->end();
  wake(FlushDue::kBeforeAnswers);
}

Result<Position> LogStorage::write_settled() {
  append_groups();
  if (log_->failed()) return fail(*log_->failed());
  if (is_behind()) return fail(ErrorCode::kDiskFull, "no room left on the disk");
  urgent_end_ = log_->end();
  wake(FlushDue::kSoon);
  return appended();
}

void LogStorage::append_groups() {
  for (const auto& [type, groups] : {std::pair(RecordType::kDelivered, &delivered_),
                                     std::pair(RecordType::kSettled, &settled_)}) {
    if (groups->empty()) continue;
    head_.clear();
    groups->encode(head_);
    append_settling(type, head_.view());
  }
}

Result<void> LogStorage::flush() {
  woken_ = FlushDue::kBeforeAnswers;  // it is being done
  // Behind a checkpoint that says them already they would undo, until the last of them, what it
  // says.
  while (!unwritten_.empty() && unwritten_covered_ == 0 && !given_up_covered_) {
    const auto& [type, payload] = unwritten_.front();
    const ByteView bytes = as_bytes(payload);
    const auto appended = append_record(type, std::span(&bytes, 1), log::Room::kReserved);
    if (!appended) break;
    unwritten_bytes_ -= sizeof(unwritten_.front()) + payload.size();
    unwritten_.pop_front();
  }
  append_groups();
  woken_.reset();
  return log_->write();
}

}  // namespace bb::broker
