#include "client/spool_drain.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/try.h"
#include "client/spool_files.h"

namespace bb::client {

SpoolDrain::SpoolDrain(std::shared_ptr<SpoolFiles> files, SpoolArea area,
                       std::shared_ptr<io::File> lock)
    : files_(std::move(files)),
      area_(area),
      lock_(std::move(lock)),
      reader_(files_->queue(area), io::OpenMode::kWrite) {}

SpoolDrain::~SpoolDrain() {
  if (files_ && lock_) (void)close();
}

Result<std::vector<SpoolEntry>> SpoolDrain::next_batch(const BatchLimits& limits) {
  BB_ASSERT(lock_ != nullptr && limits.entries_max > 0);
  BB_TRY(sync_marks(kUnsyncedMax));
  BB_TRY(remove_finished());
  std::vector<SpoolEntry> batch;
  std::size_t bytes = 0;
  while (batch.size() < limits.entries_max) {
    const auto record = reader_.next();
    if (!record) {
      // It fails again when its turn comes.
      if (!batch.empty()) break;
      return fail(record.error());
    }
    const std::uint64_t base = reader_.base();
    // Also where it holds no record: the last segment, of which a torn append was cut off.
    if (reader_.segment()) held_.try_emplace(base, Held{.segment = reader_.segment()});
    if (!*record) break;
    if ((*record)->removed || (*record)->type == spool::RecordType::kGap) continue;
    bytes += (*record)->payload.size();
    if (!batch.empty() && bytes > limits.bytes_max) {
      reader_.put_back(**record);
      break;
    }
    auto entry = spool_entry_of(**record);
    if (!entry) {
      reader_.put_back(**record);
      if (!batch.empty()) break;
      return fail(spool::damage_error(reader_.path(), (*record)->offset));
    }
    const Place place{.segment = base, .offset = (*record)->offset};
    // Numbers begin anew when all files but those of refused entries were lost: then one comes
    // when the other with its number is done.
    if (!places_.try_emplace(entry->number, place).second) {
      reader_.put_back(**record);
      break;
    }
    ++held_.at(base).in_flight;
    batch.push_back(std::move(*entry));
  }
  return batch;
}

Result<SpoolDrain::Places::iterator> SpoolDrain::find(std::uint64_t number) {
  BB_ASSERT(lock_ != nullptr);
  const auto found = places_.find(number);
  if (found != places_.end()) return found;
  return fail(ErrorCode::kNotFound,
              fmt::format("no entry {} of the spool waits for its confirm", number));
}

Result<void> SpoolDrain::done(std::uint64_t number) {
  BB_TRY_ASSIGN(const auto entry, find(number));
  return remove_record(entry);
}

Result<void> SpoolDrain::remove_record(Places::iterator entry) {
  Held& held = held_.at(entry->second.segment);
  BB_TRY(held.segment->file->write_at(entry->second.offset + spool::kMarkAt,
                                      ByteView(&spool::kRemovedMark, 1)));
  ++held.marks_unsynced;
  --held.in_flight;
  places_.erase(entry);
  return {};
}

Result<void> SpoolDrain::set_aside(std::uint64_t number, std::string_view reason) {
  BB_TRY_ASSIGN(const auto place, find(number));
  if (area_ == SpoolArea::kRefused) return {};
  BB_TRY_ASSIGN(const SpoolEntry entry, read_again(place->second));
  const Identity identity{number, entry.spooled_at};
  BB_TRY_ASSIGN(const bool already, already_refused(identity));
  if (!already) {
    const Buffer payload = encode_refused_entry(entry, reason);
    const std::array<ByteView, 1> payloads{payload.view()};
    auto appended = files_->queue(SpoolArea::kRefused).append(payloads);
    if (!appended) {
      return fail(appended.error().code,
                  fmt::format("entry {} was refused and cannot be set aside: {}; look at `bb spool "
                              "list --refused` and drop what is not wanted",
                              number, appended.error().message));
    }
    refused_->insert(identity);
  }
  return remove_record(place);
}

Result<SpoolEntry> SpoolDrain::read_again(const Place& place) {
  BB_TRY_ASSIGN(const auto record,
                held_.at(place.segment).segment->scanner.record_at(place.offset));
  if (record) {
    if (auto entry = spool_entry_of(*record)) return std::move(*entry);
  }
  const std::string name = files_->queue(area_).segment_file_name(place.segment);
  return fail(spool::damage_error(files_->folder().path_of(name), place.offset));
}

// A process that was killed between the two steps of set_aside() left the entry in both areas.
Result<bool> SpoolDrain::already_refused(const Identity& identity) {
  if (!refused_) {
    std::set<Identity> found;
    spool::QueueReader reader(files_->queue(SpoolArea::kRefused));
    for (;;) {
      const auto record = reader.next();
      if (!record && reader.is_damaged()) {
        BB_TRY(reader.skip_damage());
        continue;
      }
      if (!record) return fail(record.error());
      if (!*record) break;
      const auto entry = spool_entry_of(**record);
      if (entry && !(*record)->removed) found.emplace(entry->number, entry->spooled_at);
    }
    refused_ = std::move(found);
  }
  return refused_->contains(identity);
}

Result<void> SpoolDrain::sync_marks(std::size_t unsynced_max) {
  std::size_t unsynced = 0;
  for (const auto& [base, held] : held_) unsynced += held.marks_unsynced;
  if (unsynced <= unsynced_max) return {};
  for (auto& [base, held] : held_) {
    if (held.marks_unsynced == 0) continue;
    BB_TRY(held.segment->file->sync());
    held.marks_unsynced = 0;
  }
  return {};
}

Result<void> SpoolDrain::remove_finished() {
  for (auto it = held_.begin(); it != held_.end();) {
    const auto& [base, held] = *it;
    const spool::RecordScanner& scanner = held.segment->scanner;
    if (held.in_flight > 0 || !scanner.at_end()) {
      ++it;
      continue;
    }
    BB_TRY_ASSIGN(const bool removed,
                  files_->queue(area_).remove_segment(base, scanner.end(), *held.segment->file));
    if (removed) {
      reader_.forget_segment(base);
      it = held_.erase(it);
    } else {
      ++it;  // it has grown
    }
  }
  return {};
}

Result<void> SpoolDrain::close() {
  BB_ASSERT(lock_ != nullptr);
  Result<void> closed = sync_marks(0);
  if (closed) closed = remove_finished();
  lock_.reset();
  return closed;
}

}  // namespace bb::client
