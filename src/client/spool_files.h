// The files of a spool, shared by the Spool and its drains.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "client/spool_entry.h"
#include "client/spool_queue.h"

namespace bb::client {

class SpoolFiles {
 public:
  static constexpr std::string_view kDrainLockName = "drain.lock";

  SpoolFiles(std::shared_ptr<io::Folder> folder, std::uint64_t bytes_max,
             std::uint64_t segment_bytes_max)
      : folder_(std::move(folder)),
        waiting_(*folder_,
                 {.name = "queue", .bytes_max = bytes_max, .segment_bytes_max = segment_bytes_max}),
        refused_(
            *folder_,
            {.name = "refused", .bytes_max = bytes_max, .segment_bytes_max = segment_bytes_max}) {}
  SpoolFiles(const SpoolFiles&) = delete;
  SpoolFiles& operator=(const SpoolFiles&) = delete;

  io::Folder& folder() { return *folder_; }
  spool::SharedQueue& queue(SpoolArea area) {
    return area == SpoolArea::kWaiting ? waiting_ : refused_;
  }

 private:
  std::shared_ptr<io::Folder> folder_;
  spool::SharedQueue waiting_;
  spool::SharedQueue refused_;
};

}  // namespace bb::client
