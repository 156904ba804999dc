// For tests: a folder whose machine, or process, ends in the middle of a call: after so many
// operations nothing reaches the disk any more, and whoever asks is told of an error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/file_system.h"

namespace bb::io {

class PowerFolder final : public Folder {
 public:
  // `disk` outlives it.
  explicit PowerFolder(Folder& disk) : disk_(disk) {}

  // The operation after `operations` more is the first that does nothing, but for a write, of
  // which the first `part_percent` of the bytes still arrive.
  void end_after(std::uint64_t operations, std::uint64_t part_percent) {
    left_ = operations;
    part_percent_ = part_percent;
  }
  // It ended.
  bool ended() const { return ended_; }
  // Another machine, or process, has taken over.
  void begin_anew() {
    left_.reset();
    ended_ = false;
  }

  Result<std::shared_ptr<File>> open_file(std::string_view name, OpenMode mode) override;
  Result<std::vector<std::string>> list() const override { return disk_.list(); }
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view name) override;
  Result<void> sync() override;
  Result<std::uint64_t> free_bytes() const override { return disk_.free_bytes(); }
  std::string path_of(std::string_view name) const override { return disk_.path_of(name); }

 private:
  class PowerFile;
  // Counts an operation that changes something. kIo: it does not happen.
  Result<void> count();

  Folder& disk_;
  std::optional<std::uint64_t> left_;
  std::uint64_t part_percent_ = 0;
  bool ended_ = false;
};

}  // namespace bb::io
