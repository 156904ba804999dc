// Words for tests of the spool.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "client/spool.h"

namespace bb::client {

class TemporaryFolder {
 public:
  // `pattern` ends in XXXXXX.
  explicit TemporaryFolder(const std::string& pattern) : path_(testing::TempDir() + pattern) {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The value, or a failed test and an abort: for what has to succeed.
template <class T>
T must(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().message;
  return std::move(result).value();
}

inline Timestamp at_ms(std::int64_t ms) {
  return Timestamp(std::chrono::milliseconds(ms));
}

inline Spool open_spool(const std::string& path, const SpoolOptions& options = {}) {
  return must(Spool::open(path, options));
}

// One append; returns the number of the first.
inline std::uint64_t append(Spool& spool, const std::vector<std::string>& bodies) {
  std::vector<OutgoingMessage> messages;
  for (const std::string& body : bodies) messages.push_back({.routing_key = "k", .body = body});
  return must(spool.append(messages, at_ms(1)));
}

inline std::vector<std::string> bodies(const std::vector<SpoolEntry>& entries) {
  std::vector<std::string> found;
  for (const SpoolEntry& entry : entries) found.push_back(entry.body);
  return found;
}

inline std::vector<std::uint64_t> numbers(const std::vector<SpoolEntry>& entries) {
  std::vector<std::uint64_t> found;
  for (const SpoolEntry& entry : entries) found.push_back(entry.number);
  return found;
}

inline std::vector<SpoolEntry> visited(Spool& spool, SpoolArea area = SpoolArea::kWaiting,
                                       std::uint64_t from = 0) {
  std::vector<SpoolEntry> entries;
  const auto result = spool.visit(area, from, [&](const SpoolEntry& entry) {
    entries.push_back(entry);
    return true;
  });
  EXPECT_TRUE(result) << result.error().message;
  return entries;
}

inline SpoolDrain begin_drain(Spool& spool, SpoolArea area = SpoolArea::kWaiting) {
  auto drain = must(spool.try_begin_drain(area));
  EXPECT_TRUE(drain.has_value()) << "somebody else drains";
  return std::move(drain).value();
}

inline std::vector<SpoolEntry> next_batch(SpoolDrain& drain,
                                          const SpoolDrain::BatchLimits& limits = {}) {
  return must(drain.next_batch(limits));
}

// The next batch, and done with it.
inline std::vector<std::string> done_bodies(SpoolDrain& drain) {
  const auto batch = next_batch(drain);
  for (const SpoolEntry& entry : batch) {
    const auto done = drain.done(entry.number);
    EXPECT_TRUE(done) << done.error().message;
  }
  return bodies(batch);
}

// All there is, and done with it.
inline std::vector<std::string> drain_all(Spool& spool, SpoolArea area = SpoolArea::kWaiting) {
  auto drain = begin_drain(spool, area);
  std::vector<std::string> all;
  for (auto batch = done_bodies(drain); !batch.empty(); batch = done_bodies(drain)) {
    all.insert(all.end(), batch.begin(), batch.end());
  }
  const auto closed = drain.close();
  EXPECT_TRUE(closed) << closed.error().message;
  return all;
}

}  // namespace bb::client
