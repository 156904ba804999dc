#include "client/spool_repair.h"

#include <array>
#include <memory>
#include <optional>

#include "base/try.h"
#include "client/spool_entry.h"
#include "client/spool_reader.h"

namespace bb::client::spool {
namespace {

constexpr std::size_t kHeaderSaltAt = 12;
constexpr std::size_t kFirstRecordSaltAt = kSegmentHeaderBytes + 4;

// A gap over everything from `begin` to `end`, which keeps what is there as its payload.
Result<void> write_gap(io::File& file, const SegmentHeader& header, std::uint64_t begin,
                       std::uint64_t end) {
  if (end - begin < kRecordHeadBytes) return file.truncate(begin);
  const std::uint64_t payload_bytes = end - begin - kRecordHeadBytes;
  Buffer payload;
  std::byte* const bytes = payload.extend(payload_bytes);
  BB_TRY_ASSIGN(const std::size_t count,
                file.read_at(begin + kRecordHeadBytes, {bytes, payload_bytes}));
  if (count < payload_bytes) return file.truncate(begin);
  std::array<std::byte, kRecordHeadBytes> head{};
  encode_head({.salt = header.salt,
               .payload_bytes = static_cast<std::uint32_t>(payload_bytes),
               .type = RecordType::kGap,
               .ends_batch = true,
               .removed = true},
              head);
  seal_head(head, header.base, begin, payload.view());
  return file.write_at(begin, head);
}

// The salt that the segment's records have, where its header does not check.
Result<std::optional<std::uint32_t>> find_salt(const std::shared_ptr<io::File>& file,
                                               std::uint64_t base, std::uint64_t size) {
  for (const std::size_t at : {kHeaderSaltAt, kFirstRecordSaltAt}) {
    std::array<std::byte, 4> bytes{};
    BB_TRY_ASSIGN(const std::size_t count, file->read_at(at, bytes));
    if (count < bytes.size()) continue;
    const auto salt = load_big_endian<std::uint32_t>(bytes.data());
    RecordScanner scanner(file, base, salt, kSegmentHeaderBytes, size);
    BB_TRY_ASSIGN(const auto record, scanner.find_behind(kSegmentHeaderBytes - kRecordAlignment));
    if (record) return salt;
  }
  return std::nullopt;
}

// Returns how many bytes were given up with it: all of the file where none of it can be read.
Result<std::uint64_t> repair_header(SharedQueue& queue, std::uint64_t base) {
  const std::string name = queue.segment_file_name(base);
  BB_TRY_ASSIGN(const auto file, queue.folder().open_file(name, io::OpenMode::kWrite));
  BB_TRY_ASSIGN(const std::uint64_t size, file->size());
  BB_TRY_ASSIGN(const auto salt, find_salt(file, base, size));
  if (!salt) {
    BB_TRY(queue.folder().remove(name));
    BB_TRY(queue.folder().sync());
    return size;
  }
  std::array<std::byte, kSegmentHeaderBytes> bytes{};
  encode_header({.salt = *salt, .base = base}, bytes);
  BB_TRY(file->write_at(0, bytes));
  BB_TRY(file->sync());
  return bytes.size();
}

// Goes through the queue until there is nothing to repair, or a header was, behind which
// reading has to begin anew: then true.
Result<bool> repair_pass(SharedQueue& queue, Repair& repair) {
  QueueReader reader(queue, io::OpenMode::kWrite);
  for (;;) {
    const auto record = reader.next();
    if (!record && !reader.is_damaged()) return fail(record.error());
    if (record && !*record) return false;
    if (!record && !reader.segment()) {
      BB_TRY_ASSIGN(const std::uint64_t bytes, repair_header(queue, reader.base()));
      ++repair.places;
      repair.bytes += bytes;
      return true;
    }
    OpenSegment& segment = *reader.segment();
    if (!record) {
      const std::uint64_t begin = segment.scanner.offset();
      BB_TRY(reader.skip_damage());
      const std::uint64_t end = segment.scanner.offset();
      BB_TRY(write_gap(*segment.file, {.salt = segment.scanner.salt(), .base = segment.base}, begin,
                       end));
      BB_TRY(segment.file->sync());
      ++repair.places;
      repair.bytes += end - begin;
    } else if ((*record)->type == RecordType::kEntry && !(*record)->removed &&
               !spool_entry_of(**record)) {
      BB_TRY(segment.file->write_at((*record)->offset + kMarkAt, ByteView(&kRemovedMark, 1)));
      BB_TRY(segment.file->sync());
      ++repair.places;
      repair.bytes += (*record)->end - (*record)->offset;
    }
  }
}

}  // namespace

Result<Repair> drop_damaged(SharedQueue& queue) {
  Repair repair;
  BB_TRY_ASSIGN(const std::uint64_t lost_bytes, queue.accept_losses());
  if (lost_bytes > 0) repair = {.places = 1, .bytes = lost_bytes};
  for (bool again = true; again;) {
    BB_TRY_ASSIGN(again, repair_pass(queue, repair));
  }
  BB_TRY(queue.accept_losses());
  return repair;
}

}  // namespace bb::client::spool
