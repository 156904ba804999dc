#include "log/checkpoint_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "base/try.h"

namespace bb::log {
namespace {

constexpr std::uint64_t kMagic = 0x62622d636b707431;  // "bb-ckpt1"
constexpr std::size_t kHeadBytes = 20;                // magic, number, checksum
constexpr std::string_view kSuffix = ".checkpoint";
constexpr std::string_view kTemporary = "checkpoint.new";

std::string name_of(std::uint64_t number) {
  return fmt::format("{:016x}{}", number, kSuffix);
}

std::optional<std::uint64_t> number_of(std::string_view name) {
  if (name.size() != 16 + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + 16, number, 16);
  if (error != std::errc() || end != name.data() + 16) return std::nullopt;
  return number;
}

Result<std::vector<std::uint64_t>> numbers(const io::Folder& folder) {
  BB_TRY_ASSIGN(const auto names, folder.list());
  std::vector<std::uint64_t> found;
  for (const std::string& name : names) {
    if (const auto number = number_of(name)) found.push_back(*number);
  }
  std::ranges::sort(found);
  return found;
}

std::uint32_t checksum(ByteView head, ByteView payload) {
  return crc32c(payload, crc32c(head));
}

Result<std::optional<Checkpoint>> read_one(io::Folder& folder, std::uint64_t number) {
  BB_TRY_ASSIGN(const auto file, folder.open_file(name_of(number), io::OpenMode::kRead));
  BB_TRY_ASSIGN(const std::uint64_t size, file->size());
  Checkpoint checkpoint{.number = number, .file = {}};
  std::byte* const bytes = checkpoint.file.extend(size);
  BB_TRY_ASSIGN(const std::size_t read, file->read_at(0, std::span(bytes, size)));
  if (read < kHeadBytes || read != size) return std::nullopt;
  const ByteView head = checkpoint.file.view().first(16);
  if (load_big_endian<std::uint64_t>(bytes) != kMagic ||
      load_big_endian<std::uint64_t>(bytes + 8) != number ||
      load_big_endian<std::uint32_t>(bytes + 16) != checksum(head, checkpoint.payload())) {
    return std::nullopt;
  }
  return checkpoint;
}

}  // namespace

ByteView Checkpoint::payload() const {
  return file.view().subspan(kHeadBytes);
}

Result<void> write_checkpoint(io::Folder& folder, std::uint64_t number, ByteView payload) {
  Buffer head;
  head.append_integer(kMagic);
  head.append_integer(number);
  head.append_integer(checksum(head.view(), payload));
  BB_TRY_ASSIGN(const auto file, folder.open_file(kTemporary, io::OpenMode::kCreate));
  BB_TRY(file->truncate(0));
  const ByteView parts[] = {head.view(), payload};
  BB_TRY(file->write_at(0, parts));
  BB_TRY(file->sync());
  BB_TRY(folder.rename(kTemporary, name_of(number)));
  BB_TRY(folder.sync());
  BB_TRY_ASSIGN(auto found, numbers(folder));
  while (found.size() > 2) {
    BB_TRY(folder.remove(name_of(found.front())));
    found.erase(found.begin());
  }
  return {};
}

Result<std::optional<Checkpoint>> read_newest_checkpoint(io::Folder& folder) {
  BB_TRY_ASSIGN(const auto found, numbers(folder));
  for (std::size_t i = found.size(); i > 0; --i) {
    BB_TRY_ASSIGN(auto checkpoint, read_one(folder, found[i - 1]));
    if (checkpoint) return checkpoint;
  }
  if (found.empty()) return std::nullopt;
  return fail(ErrorCode::kCorruptData,
              fmt::format("{}: damaged, and so is every checkpoint before it",
                          folder.path_of(name_of(found.back()))));
}

}  // namespace bb::log
