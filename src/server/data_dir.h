// The data directory of a running broker.
#pragma once

#include <string>

#include "bloodbank/result.h"

namespace bb::server {

// Holds the directory while it lives: a second server with the same one is refused.
class DataDir {
 public:
  // Makes the directory and its parents, for the owner alone (0700), and locks the file
  // `lock` in it. kIo says what failed and, when it is locked, by which process.
  static Result<DataDir> open(const std::string& path);

  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&&) = delete;
  ~DataDir();

  const std::string& path() const { return path_; }

 private:
  DataDir(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  std::string path_;
  int lock_fd_;
};

}  // namespace bb::server
