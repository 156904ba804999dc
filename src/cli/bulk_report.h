// What `bb publish --jsonl` says: bad lines as they come, the counts at the end.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "cli/bulk_progress.h"

namespace bb::cli {

class BulkReport {
 public:
  // This many bad lines are told; the others are counted.
  static constexpr std::size_t kFailuresShown = 20;

  // `verb` is "published", or "valid" of a dry run.
  BulkReport(std::string_view verb, bool quiet)
      : verb_(verb), quiet_(quiet), progress_(verb, quiet) {}

  void published() { ++counts_.good; }
  void spooled() { ++counts_.spooled; }
  // The event of that line was not published.
  void failed(std::size_t line, const Error& error);
  // Whether the next line that fails will be told.
  bool tells_next() const { return counts_.failed < kFailuresShown; }
  void draw(std::optional<double> share) { progress_.update(share, counts_); }
  // Before anything else is written on standard error.
  void clear() { progress_.clear(); }

  const BulkCounts& counts() const { return counts_; }

  // How many bad lines were not told, and "published 200000, failed 3, 41,000/s", with
  // "spooled 7" where some were. `unconfirmed` events are neither known to be published nor kept.
  void finish(std::string_view prefix, std::size_t unconfirmed);

  // By the lines alone.
  int exit_code() const;

 private:
  std::string_view verb_;
  bool quiet_;
  BulkProgress progress_;
  BulkCounts counts_;
  std::optional<ErrorCode> first_failure_;
};

}  // namespace bb::cli
