// Words for tests of the log.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/simulated_disk.h"
#include "log/log.h"

namespace bb::log {

constexpr std::uint8_t kTestType = 7;

// Small, so that a test sees many segments. A salt of its own keeps a seed a whole story.
inline LogOptions small_options() {
  return {.segment_bytes = 4096,
          .record_bytes_max = 64 << 10,
          .reserve_bytes = 256,
          .reserve_step_bytes = 1024,
          .pending_bytes_kept = 1024,
          .salt = 0x5A17};
}

inline std::unique_ptr<Log> open_log(io::Folder& folder, const LogOptions& options,
                                     const RecoveryOptions& recovery = {}) {
  auto log = Log::open(folder, options, recovery);
  EXPECT_TRUE(log) << log.error().message;
  return log ? *std::move(log) : nullptr;
}
inline std::unique_ptr<Log> open_log(io::Folder& folder) {
  return open_log(folder, small_options());
}

inline Result<Position> try_append(Log& log, std::string_view text, Room room = Room::kNormal) {
  const ByteView part = as_bytes(text);
  return log.append(kTestType, std::span(&part, 1), room);
}

inline Position append(Log& log, std::string_view text) {
  const auto position = try_append(log, text);
  EXPECT_TRUE(position) << position.error().message;
  return position.value_or(0);
}

inline void sync(Log& log) {
  const auto synced = log.sync_now();
  EXPECT_TRUE(synced) << synced.error().message;
  EXPECT_EQ(log.durable(), log.end());
}

inline std::vector<std::string> contents(const Log& log, Position from = 0) {
  std::vector<std::string> texts;
  const auto scanned = log.scan(from, [&](const Record& record) -> Result<void> {
    EXPECT_EQ(record.type, kTestType);
    texts.emplace_back(as_text(record.payload));
    return {};
  });
  EXPECT_TRUE(scanned) << scanned.error().message;
  return texts;
}

}  // namespace bb::log
