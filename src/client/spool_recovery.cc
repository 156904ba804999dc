#include "client/spool_recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/try.h"
#include "client/spool_scanner.h"

namespace bb::client::spool {
namespace {

constexpr std::string_view kGiveUpHint =
    "`bb spool drop --damaged` gives up what cannot be read and keeps the rest";
constexpr std::uint64_t kCopyBytes = 1 << 20;

using HeaderBytes = std::array<std::byte, kSegmentHeaderBytes>;

// The first sector of a file that was being made holds all of the header or nothing.
bool is_unmade(ByteView header) {
  return header.size() < kSegmentHeaderBytes ||
         std::ranges::all_of(header, [](std::byte b) { return b == std::byte{0}; });
}

std::unexpected<Error> loss(std::string_view path, std::string_view what) {
  return fail(ErrorCode::kCorruptData, fmt::format("{} {}; {}", path, what, kGiveUpHint));
}

// Where reading goes on behind the record at `damaged`, which does not check; nullopt if nothing
// proves that it was ever on the disk.
Result<std::optional<std::uint64_t>> behind_damage(RecordScanner& scanner, std::uint64_t damaged) {
  std::optional<std::uint64_t> first;
  BB_TRY_ASSIGN(auto record, scanner.find_behind(damaged));
  while (record) {
    if (!first) first = record->offset;
    if (record->batch_begin > damaged) return first;
    BB_TRY_ASSIGN(record, scanner.find_behind(record->offset));
  }
  return std::nullopt;
}

// Moves state.tail_end and state.next_sequence on to the end of the last whole append.
Result<void> find_end(RecordScanner& scanner, State& state) {
  for (;;) {
    BB_TRY_ASSIGN(const auto record, scanner.next());
    if (record) {
      if (!record->ends_batch) continue;
      state.tail_end = record->end;
      state.next_sequence = std::max(state.next_sequence, record->sequence + 1);
      continue;
    }
    if (scanner.at_end()) return {};
    BB_TRY_ASSIGN(const auto next, behind_damage(scanner, scanner.offset()));
    if (!next) return {};
    scanner.set_offset(*next);
  }
}

// Writes once more what may be in the page cache alone: after a sync that failed, the next one
// would say that it is on the disk.
Result<void> write_again(io::File& file, std::uint64_t begin, std::uint64_t end) {
  Buffer copy;
  while (begin < end) {
    const std::uint64_t size = std::min(end - begin, kCopyBytes);
    copy.clear();
    std::byte* const bytes = copy.extend(size);
    BB_TRY_ASSIGN(const std::size_t count, file.read_at(begin, {bytes, size}));
    BB_TRY(file.write_at(begin, copy.view().first(count)));
    begin += size;
  }
  return {};
}

class Recovery {
 public:
  Recovery(io::Folder& folder, std::string_view queue, const State& known, LossMode losses)
      : folder_(folder), queue_(queue), known_(known), losses_(losses) {}

  Result<State> run() {
    BB_TRY_ASSIGN(auto bases, segment_bases(folder_, queue_));
    state_.next_sequence = known_.next_sequence;
    if (losses_ == LossMode::kRefuse && known_.settled && known_.tail != 0 &&
        !std::ranges::binary_search(bases, known_.tail)) {
      return loss(path_of(known_.tail), "is gone");
    }
    while (!bases.empty()) {
      BB_TRY_ASSIGN(const bool made, examine_tail(bases.back()));
      if (made) break;
      BB_TRY(folder_.remove(segment_name(queue_, bases.back())));
      BB_TRY(folder_.sync());
      bases.pop_back();
    }
    for (const std::uint64_t base : bases) {
      BB_TRY_ASSIGN(const auto file,
                    folder_.open_file(segment_name(queue_, base), io::OpenMode::kRead));
      BB_TRY_ASSIGN(const std::uint64_t size, file->size());
      state_.bytes += size;
    }
    state_.settled = true;
    return state_;
  }

 private:
  std::string path_of(std::uint64_t base) const {
    return folder_.path_of(segment_name(queue_, base));
  }

  // False: the file was being made, and nothing in it was ever durable.
  Result<bool> examine_tail(std::uint64_t base) {
    BB_TRY_ASSIGN(const auto file,
                  folder_.open_file(segment_name(queue_, base), io::OpenMode::kWrite));
    BB_TRY_ASSIGN(const std::uint64_t size, file->size());
    std::uint64_t begin = base == known_.tail ? known_.tail_end : 0;
    if (begin > size) {
      if (losses_ == LossMode::kRefuse) {
        return loss(path_of(base), fmt::format("is cut off: {} bytes of {}", size, begin));
      }
      begin = 0;
    }
    HeaderBytes header{};
    BB_TRY_ASSIGN(const std::size_t count, file->read_at(0, header));
    if (begin == 0 && is_unmade(ByteView(header).first(count))) return false;
    const auto found = read_header(*file, base, path_of(base));
    if (!found && found.error().code != ErrorCode::kCorruptData) return fail(found.error());
    state_.next_sequence = std::max(state_.next_sequence, base);
    if (!found) {
      // Nothing more is appended to it. Its records are not to be counted; so many fit at most.
      state_.next_sequence = std::max(state_.next_sequence, base + size / kRecordHeadBytes);
      return true;
    }
    BB_TRY(trim(file, *found, std::max<std::uint64_t>(begin, kSegmentHeaderBytes), size));
    return true;
  }

  Result<void> trim(const std::shared_ptr<io::File>& file, const SegmentHeader& header,
                    std::uint64_t begin, std::uint64_t size) {
    state_.tail = header.base;
    state_.tail_end = begin;
    RecordScanner scanner(file, header.base, header.salt, begin, size);
    BB_TRY(find_end(scanner, state_));
    BB_TRY(write_again(*file, begin, state_.tail_end));
    if (state_.tail_end < size) BB_TRY(file->truncate(state_.tail_end));
    BB_TRY(file->sync());
    return folder_.sync();
  }

  io::Folder& folder_;
  std::string_view queue_;
  const State& known_;
  LossMode losses_;
  State state_;
};

}  // namespace

Result<std::vector<std::uint64_t>> segment_bases(const io::Folder& folder, std::string_view queue) {
  BB_TRY_ASSIGN(const auto names, folder.list());
  std::vector<std::uint64_t> bases;
  for (const std::string& name : names) {
    if (const auto base = base_of_name(queue, name)) bases.push_back(*base);
  }
  return bases;  // names of one length sort as their numbers do
}

Result<State> recover(io::Folder& folder, std::string_view queue, const State& known,
                      LossMode losses) {
  return Recovery(folder, queue, known, losses).run();
}

Error damage_error(std::string_view path, std::uint64_t offset) {
  return {ErrorCode::kCorruptData,
          fmt::format("{}: damaged at byte {}; {}", path, offset, kGiveUpHint)};
}

Result<SegmentHeader> read_header(const io::File& file, std::uint64_t base, std::string_view path) {
  HeaderBytes bytes{};
  BB_TRY_ASSIGN(const std::size_t count, file.read_at(0, bytes));
  const auto header = decode_header(ByteView(bytes).first(count));
  if (header && header->version != kFormatVersion) {
    return fail(ErrorCode::kFailure,
                fmt::format("{} has version {} of the spool's format, and this program knows "
                            "version {} alone: use the program that wrote it",
                            path, header->version, kFormatVersion));
  }
  if (!header || header->base != base) return fail(damage_error(path, 0));
  return *header;
}

}  // namespace bb::client::spool
