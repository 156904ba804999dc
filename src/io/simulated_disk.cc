#include "io/simulated_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/try.h"

namespace bb::io {
namespace {

std::uint64_t sector_of(std::uint64_t offset) {
  return offset / SimulatedDisk::kSectorBytes;
}

}  // namespace

class SimulatedFile final : public File {
 public:
  SimulatedFile(SimulatedDisk& disk, std::shared_ptr<SimulatedDisk::Inode> inode, bool writable)
      : disk_(disk), inode_(std::move(inode)), generation_(disk.generation_), writable_(writable) {}
  ~SimulatedFile() override {
    if (inode_->lock_holder == this) inode_->lock_holder = nullptr;
  }

  Result<void> write_at(std::uint64_t offset, std::span<const ByteView> parts) override {
    BB_TRY(check_alive("write"));
    if (!writable_ || disk_.writes_fail_) return failure("write");
    for (const ByteView part : parts) {
      if (part.empty()) continue;
      const std::uint64_t size = inode_->written.size();
      const std::uint64_t growth = offset + part.size() > size ? offset + part.size() - size : 0;
      // As much as there is room for is written before the disk says that it is full.
      const std::uint64_t missing = growth - std::min(growth, disk_.free_bytes_);
      const std::uint64_t count = part.size() - std::min<std::uint64_t>(missing, part.size());
      if (count > 0) {
        if (offset + count > size) BB_TRY(disk_.resize(*inode_, offset + count));
        std::memcpy(inode_->written.data() + offset, part.data(), count);
        disk_.mark_unsynced(*inode_, offset, offset + count);
      }
      if (missing > 0) {
        return fail(ErrorCode::kDiskFull,
                    fmt::format("cannot write {}: No space left on device", inode_->name));
      }
      offset += count;
    }
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override {
    BB_TRY(check_alive("read"));
    if (disk_.reads_fail_) return failure("read");
    const std::uint64_t size = inode_->written.size();
    if (offset >= size) return 0;
    const std::size_t count = std::min<std::uint64_t>(out.size(), size - offset);
    if (count > 0) std::memcpy(out.data(), inode_->written.data() + offset, count);
    return count;
  }

  Result<void> sync() override {
    BB_TRY(check_alive("sync"));
    return disk_.sync_file(*inode_);
  }

  Result<std::uint64_t> size() const override {
    BB_TRY(check_alive("measure"));
    return inode_->written.size();
  }

  Result<void> truncate(std::uint64_t size) override {
    BB_TRY(check_alive("truncate"));
    if (!writable_ || disk_.writes_fail_) return failure("truncate");
    return disk_.resize(*inode_, size);
  }

  Result<void> allocate(std::uint64_t size) override {
    BB_TRY(check_alive("reserve room for"));
    if (!writable_ || disk_.writes_fail_) return failure("reserve room for");
    return size <= inode_->written.size() ? Result<void>() : disk_.resize(*inode_, size);
  }

  Result<void> lock() override {
    BB_TRY_ASSIGN(const bool locked, try_lock());
    BB_ASSERT(locked);
    return {};
  }

  Result<bool> try_lock() override {
    BB_TRY(check_alive("lock"));
    if (!writable_) return failure("lock");
    BB_TRY_ASSIGN(const bool taken, is_locked_by_other());
    if (taken) return false;
    inode_->lock_holder = this;
    inode_->lock_generation = disk_.generation_;
    return true;
  }

  Result<bool> is_locked_by_other() const override {
    BB_TRY(check_alive("ask for the lock of"));
    return inode_->lock_holder != nullptr && inode_->lock_holder != this &&
           inode_->lock_generation == disk_.generation_;
  }

 private:
  std::unexpected<Error> failure(std::string_view what) const {
    return fail(ErrorCode::kIo,
                fmt::format("cannot {} {}: Input/output error", what, inode_->name));
  }
  Result<void> check_alive(std::string_view what) const {
    if (generation_ == disk_.generation_) return {};
    return failure(what);
  }

  SimulatedDisk& disk_;
  std::shared_ptr<SimulatedDisk::Inode> inode_;
  std::uint64_t generation_;
  bool writable_;
};

void SimulatedDisk::mark_unsynced(Inode& inode, std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t sector = sector_of(begin); sector * kSectorBytes < end; ++sector) {
    inode.unsynced[sector] = true;
    if (chance(16)) write_back(inode, sector);
  }
}

// The platter may be behind, or ahead of, the length that is written; what lies behind the
// written length stays as it is until the length is synced.
void SimulatedDisk::write_back(Inode& inode, std::uint64_t sector) {
  const std::uint64_t begin = sector * kSectorBytes;
  const std::uint64_t size = std::min(inode.written.size(), inode.durable.size());
  if (begin < size) {
    std::memcpy(inode.durable.data() + begin, inode.written.data() + begin,
                std::min<std::uint64_t>(kSectorBytes, size - begin));
  }
}

Result<void> SimulatedDisk::resize(Inode& inode, std::uint64_t size) {
  const std::uint64_t before = inode.written.size();
  if (size == before) return {};
  if (size > before) {
    if (size - before > free_bytes_) {
      return fail(ErrorCode::kDiskFull,
                  fmt::format("cannot extend {}: No space left on device", inode.name));
    }
    if (free_bytes_ != kUnlimited) free_bytes_ -= size - before;
  } else if (free_bytes_ != kUnlimited) {
    free_bytes_ += before - size;
  }
  inode.written.resize(size);
  inode.size_unsynced = true;
  // The platter may still hold what was there before the file became shorter.
  mark_unsynced(inode, std::min(size, before), std::max(size, before));
  return {};
}

Result<void> SimulatedDisk::sync_file(Inode& inode) {
  ++syncs_;
  if (sync_successes_.has_value() && (*sync_successes_)-- == 0) {
    sync_successes_.reset();
    for (auto& [sector, dirty] : inode.unsynced) dirty = false;
    return fail(ErrorCode::kIo, fmt::format("cannot sync {}: Input/output error", inode.name));
  }
  inode.durable.resize(inode.written.size());
  inode.size_unsynced = false;
  for (auto it = inode.unsynced.begin(); it != inode.unsynced.end();) {
    if (!it->second) {
      ++it;
      continue;
    }
    write_back(inode, it->first);
    it = inode.unsynced.erase(it);
  }
  return {};
}

void SimulatedDisk::crash_file(Inode& inode) {
  const std::uint64_t size =
      inode.size_unsynced && chance(2) ? inode.durable.size() : inode.written.size();
  std::vector<std::byte> after = inode.durable;
  after.resize(size);
  for (const auto& [sector, dirty] : inode.unsynced) {
    const std::uint64_t begin = sector * kSectorBytes;
    const std::uint64_t end =
        std::min<std::uint64_t>({begin + kSectorBytes, size, inode.written.size()});
    if (begin < end && chance(2)) {
      std::memcpy(after.data() + begin, inode.written.data() + begin, end - begin);
    }
  }
  inode.durable = after;
  inode.written = std::move(after);
  inode.unsynced.clear();
  inode.size_unsynced = false;
}

void SimulatedDisk::apply(Directory& directory, const DirectoryChange& change) {
  if (!change.from.empty()) directory.erase(change.from);
  if (change.inode) {
    directory[change.name] = change.inode;
  } else {
    directory.erase(change.name);
  }
}

void SimulatedDisk::crash() {
  ++generation_;
  for (const DirectoryChange& change : unsynced_changes_) {
    if (chance(2)) apply(durable_, change);
  }
  unsynced_changes_.clear();
  names_ = durable_;
  for (auto& [name, inode] : names_) {
    inode->name = path_of(name);
    crash_file(*inode);
  }
}

void SimulatedDisk::settle() {
  durable_ = names_;
  unsynced_changes_.clear();
  for (auto& [name, inode] : names_) {
    inode->durable = inode->written;
    inode->unsynced.clear();
    inode->size_unsynced = false;
  }
}

void SimulatedDisk::flip_bit(std::string_view name, std::uint64_t offset, unsigned bit) {
  const auto found = names_.find(name);
  BB_ASSERT(found != names_.end() && offset < found->second->written.size());
  const auto mask = static_cast<std::byte>(1U << bit);
  found->second->written[offset] ^= mask;
  if (offset < found->second->durable.size()) found->second->durable[offset] ^= mask;
}

Result<std::shared_ptr<File>> SimulatedDisk::open_file(std::string_view name, OpenMode mode) {
  auto found = names_.find(name);
  if (found == names_.end()) {
    if (mode != OpenMode::kCreate) {
      return fail(ErrorCode::kNotFound,
                  fmt::format("cannot open {}: No such file or directory", path_of(name)));
    }
    auto inode = std::make_shared<Inode>();
    inode->name = path_of(name);
    found = names_.emplace(name, inode).first;
    unsynced_changes_.push_back({{}, std::string(name), std::move(inode)});
  }
  return std::make_shared<SimulatedFile>(*this, found->second, mode != OpenMode::kRead);
}

Result<std::vector<std::string>> SimulatedDisk::list() const {
  std::vector<std::string> names;
  for (const auto& [name, inode] : names_) names.push_back(name);
  return names;
}

Result<void> SimulatedDisk::rename(std::string_view from, std::string_view to) {
  const auto found = names_.find(from);
  if (found == names_.end()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("cannot rename {}: No such file or directory", path_of(from)));
  }
  unsynced_changes_.push_back({std::string(from), std::string(to), found->second});
  found->second->name = path_of(to);
  apply(names_, unsynced_changes_.back());
  return {};
}

Result<void> SimulatedDisk::remove(std::string_view name) {
  const auto found = names_.find(name);
  if (found == names_.end()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("cannot remove {}: No such file or directory", path_of(name)));
  }
  if (free_bytes_ != kUnlimited) free_bytes_ += found->second->written.size();
  unsynced_changes_.push_back({{}, std::string(name), nullptr});
  names_.erase(found);
  return {};
}

Result<void> SimulatedDisk::sync() {
  durable_ = names_;
  unsynced_changes_.clear();
  return {};
}

std::string SimulatedDisk::path_of(std::string_view name) const {
  return fmt::format("disk/{}", name);
}

}  // namespace bb::io
