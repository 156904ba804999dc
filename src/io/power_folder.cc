#include "io/power_folder.h"

#include <algorithm>
#include <utility>

#include "base/try.h"

namespace bb::io {

class PowerFolder::PowerFile final : public File {
 public:
  PowerFile(PowerFolder& folder, std::shared_ptr<File> file)
      : folder_(folder), file_(std::move(file)) {}

  Result<void> write_at(std::uint64_t offset, std::span<const ByteView> parts) override {
    const bool had_power = !folder_.ended_;
    if (auto counted = folder_.count(); !counted) {
      if (had_power) write_part(offset, parts);
      return counted;
    }
    return file_->write_at(offset, parts);
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override {
    return file_->read_at(offset, out);
  }
  Result<void> sync() override {
    BB_TRY(folder_.count());
    return file_->sync();
  }
  Result<std::uint64_t> size() const override { return file_->size(); }
  Result<void> truncate(std::uint64_t size) override {
    BB_TRY(folder_.count());
    return file_->truncate(size);
  }
  Result<void> allocate(std::uint64_t size) override {
    BB_TRY(folder_.count());
    return file_->allocate(size);
  }
  Result<void> lock() override { return file_->lock(); }
  Result<bool> try_lock() override { return file_->try_lock(); }
  Result<bool> is_locked_by_other() const override { return file_->is_locked_by_other(); }

 private:
  void write_part(std::uint64_t offset, std::span<const ByteView> parts) {
    std::uint64_t bytes = 0;
    for (const ByteView part : parts) bytes += part.size();
    bytes = bytes * folder_.part_percent_ / 100;
    for (const ByteView part : parts) {
      const ByteView arrives = part.first(std::min<std::uint64_t>(bytes, part.size()));
      if (arrives.empty()) return;
      if (!file_->write_at(offset, arrives)) return;
      offset += arrives.size();
      bytes -= arrives.size();
    }
  }

  PowerFolder& folder_;
  std::shared_ptr<File> file_;
};

Result<void> PowerFolder::count() {
  if (left_ && !ended_ && (*left_)-- == 0) ended_ = true;
  if (!ended_) return {};
  return fail(ErrorCode::kIo, "the machine has ended");
}

Result<std::shared_ptr<File>> PowerFolder::open_file(std::string_view name, OpenMode mode) {
  if (mode != OpenMode::kRead) BB_TRY(count());
  BB_TRY_ASSIGN(auto file, disk_.open_file(name, mode));
  return std::make_shared<PowerFile>(*this, std::move(file));
}

Result<void> PowerFolder::rename(std::string_view from, std::string_view to) {
  BB_TRY(count());
  return disk_.rename(from, to);
}

Result<void> PowerFolder::remove(std::string_view name) {
  BB_TRY(count());
  return disk_.remove(name);
}

Result<void> PowerFolder::sync() {
  BB_TRY(count());
  return disk_.sync();
}

}  // namespace bb::io
