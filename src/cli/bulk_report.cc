#include "cli/bulk_report.h"

#include <fmt/format.h>

#include <utility>

#include "cli/output.h"

namespace bb::cli {

void BulkReport::failed(std::size_t line, const Error& error) {
  if (!first_failure_) first_failure_ = error.code;
  if (++counts_.failed > kFailuresShown) return;
  progress_.clear();
  Error placed = error;
  // What is not JSON comes with its line already.
  if (error.code != ErrorCode::kInvalidJson) {
    placed.message = fmt::format("line {}: {}", line, error.message);
  }
  (void)report(placed);
}

void BulkReport::finish(std::string_view prefix, std::size_t unconfirmed) {
  progress_.clear();
  if (counts_.failed > kFailuresShown) {
    print_notice(fmt::format("… and {} more", format_count(counts_.failed - kFailuresShown)));
  }
  if (quiet_) return;
  std::string text = fmt::format("{}{} {}", prefix, verb_, counts_.good);
  if (counts_.spooled > 0) text += fmt::format(", spooled {}", counts_.spooled);
  text += fmt::format(", failed {}", counts_.failed);
  if (unconfirmed > 0) text += fmt::format(", not confirmed {}", unconfirmed);
  print_notice(fmt::format(
      "{}, {}/s", text,
      format_count(static_cast<std::uint64_t>(progress_.rate(counts_.good + counts_.spooled)))));
}

int BulkReport::exit_code() const {
  if (!first_failure_) return kExitOk;
  return counts_.good + counts_.spooled > 0 ? kExitPartial : error_info(*first_failure_).exit_code;
}

}  // namespace bb::cli
