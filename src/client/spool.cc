#include "client/spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/try.h"
#include "client/spool_files.h"
#include "client/spool_repair.h"
#include "io/posix_folder.h"
#include "io/read_file.h"

namespace bb::client {
namespace {

constexpr std::string_view kWaitingName = "queue";

// Shows all records that are entries and not removed. Damage goes to `on_damage`; reading goes
// on behind it if that returns true.
Result<void> for_each_entry(spool::SharedQueue& queue, std::uint64_t from_sequence,
                            const std::function<bool(SpoolEntry&&)>& visitor,
                            const std::function<bool(const Error&)>& on_damage) {
  spool::QueueReader reader(queue, io::OpenMode::kRead, from_sequence);
  for (;;) {
    const auto record = reader.next();
    if (!record) {
      if (!reader.is_damaged() || !on_damage(record.error())) return fail(record.error());
      BB_TRY(reader.skip_damage());
      continue;
    }
    if (!*record) return {};
    if ((*record)->removed || (*record)->type != spool::RecordType::kEntry) continue;
    auto entry = spool_entry_of(**record);
    if (!entry) {
      const Error error = spool::damage_error(reader.path(), (*record)->offset);
      if (!on_damage(error)) return fail(error);
    } else if (!visitor(std::move(*entry))) {
      return {};
    }
  }
}

std::unexpected<Error> being_drained() {
  return fail(ErrorCode::kResourceLocked,
              "another process is draining the spool; wait until it is done, or stop it");
}

}  // namespace

Result<Spool> Spool::open(const std::string& path, const SpoolOptions& options) {
  BB_TRY_ASSIGN(auto folder, io::open_posix_folder(path));
  return Spool(std::move(folder), options);
}

Spool::Spool(std::shared_ptr<io::Folder> folder, const SpoolOptions& options)
    : files_(std::make_shared<SpoolFiles>(
          std::move(folder), options.bytes_max,
          std::min(options.segment_bytes_max, options.bytes_max / 4))) {}

bool Spool::is_empty(const std::string& path) {
  const auto bytes =
      io::read_regular_file(path + "/" + spool::state_name(kWaitingName), spool::kStateBytes);
  if (!bytes) return bytes.error().code == ErrorCode::kNotFound;
  const auto state = spool::decode_state(as_bytes(*bytes));
  return state && state->settled && state->bytes == 0;
}

Result<std::uint64_t> Spool::append(std::span<const OutgoingMessage> messages, Timestamp now) {
  std::vector<Buffer> encoded;
  std::vector<ByteView> payloads;
  for (const OutgoingMessage& message : messages) {
    encoded.push_back(encode_spool_entry(message, now));
    payloads.push_back(encoded.back().view());
  }
  auto number = files_->queue(SpoolArea::kWaiting).append(payloads);
  if (number) return number;
  const Error& error = number.error();
  if (error.code == ErrorCode::kResourceError) {
    return fail(error.code,
                fmt::format("the spool is full: {}; start the broker and run `bb spool flush`, or "
                            "`bb spool drop` what nobody needs",
                            error.message));
  }
  if (error.code == ErrorCode::kDiskFull) {
    return fail(
        error.code,
        fmt::format("nothing more was spooled: {}; make room on the disk, or start the broker "
                    "and run `bb spool flush`",
                    error.message));
  }
  return fail(error.code, fmt::format("nothing more was spooled: {}", error.message));
}

Result<std::shared_ptr<io::File>> Spool::try_lock_drain() {
  BB_TRY_ASSIGN(auto file,
                files_->folder().open_file(SpoolFiles::kDrainLockName, io::OpenMode::kCreate));
  BB_TRY_ASSIGN(const bool locked, file->try_lock());
  if (!locked) file.reset();
  return file;
}

Result<std::shared_ptr<io::File>> Spool::lock_drain() {
  BB_TRY_ASSIGN(auto file, try_lock_drain());
  if (!file) return being_drained();
  return file;
}

Result<std::optional<SpoolDrain>> Spool::try_begin_drain(SpoolArea area) {
  BB_TRY_ASSIGN(auto lock, try_lock_drain());
  if (!lock) return std::nullopt;
  return SpoolDrain(files_, area, std::move(lock));
}

Result<void> Spool::visit(SpoolArea area, std::uint64_t from,
                          const std::function<bool(const SpoolEntry&)>& visitor) {
  // Refused entries are not in the order of their numbers where some were sent again.
  const std::uint64_t from_sequence = area == SpoolArea::kWaiting ? from : 0;
  std::optional<Error> damage;
  BB_TRY(for_each_entry(
      files_->queue(area), from_sequence,
      [&](SpoolEntry&& entry) { return entry.number < from || visitor(entry); },
      [&](const Error& error) {
        if (!damage) damage = error;
        return true;
      }));
  if (damage) return fail(*std::move(damage));
  return {};
}

Result<SpoolStatus> Spool::status() {
  SpoolStatus status;
  const auto note_damage = [&](const Error& error) {
    if (!status.damage) status.damage = error;
    return true;
  };
  const auto count_waiting = [&](SpoolEntry&& entry) {
    ++status.entries;
    status.oldest = std::min(status.oldest.value_or(entry.spooled_at), entry.spooled_at);
    status.newest = std::max(status.newest.value_or(entry.spooled_at), entry.spooled_at);
    return true;
  };
  const auto count_refused = [&](SpoolEntry&&) {
    ++status.refused_entries;
    return true;
  };
  spool::SharedQueue& waiting = files_->queue(SpoolArea::kWaiting);
  spool::SharedQueue& refused = files_->queue(SpoolArea::kRefused);
  BB_TRY(for_each_entry(waiting, 0, count_waiting, note_damage));
  BB_TRY(for_each_entry(refused, 0, count_refused, note_damage));
  BB_TRY_ASSIGN(status.bytes, waiting.bytes());
  BB_TRY_ASSIGN(status.refused_bytes, refused.bytes());
  status.bytes_max = waiting.bytes_max();
  BB_TRY_ASSIGN(const auto lock,
                files_->folder().open_file(SpoolFiles::kDrainLockName, io::OpenMode::kCreate));
  BB_TRY_ASSIGN(status.draining, lock->is_locked_by_other());
  return status;
}

Result<void> Spool::drop(SpoolArea area, std::uint64_t number) {
  BB_TRY_ASSIGN(auto drain, try_begin_drain(area));
  if (!drain) return being_drained();
  for (;;) {
    BB_TRY_ASSIGN(const auto batch, drain->next_batch());
    if (batch.empty()) {
      return fail(
          ErrorCode::kNotFound,
          fmt::format("no entry {} in the spool; `bb spool list` shows those that are there",
                      number));
    }
    for (const SpoolEntry& entry : batch) {
      if (entry.number != number) continue;
      BB_TRY(drain->done(number));
      return drain->close();
    }
  }
}

Result<std::uint64_t> Spool::drop_all(SpoolArea area) {
  BB_TRY_ASSIGN(const auto lock, lock_drain());
  spool::SharedQueue& queue = files_->queue(area);
  BB_TRY(queue.accept_losses());
  std::uint64_t entries = 0;
  BB_TRY(for_each_entry(
      queue, 0, [&](SpoolEntry&&) { return ++entries > 0; }, [](const Error&) { return true; }));
  BB_TRY(queue.remove_all());
  return entries;
}

Result<Spool::Damage> Spool::drop_damaged() {
  BB_TRY_ASSIGN(const auto lock, lock_drain());
  Damage damage;
  for (const SpoolArea area : {SpoolArea::kWaiting, SpoolArea::kRefused}) {
    BB_TRY_ASSIGN(const spool::Repair repair, spool::drop_damaged(files_->queue(area)));
    damage.places += repair.places;
    damage.bytes += repair.bytes;
  }
  return damage;
}

}  // namespace bb::client
