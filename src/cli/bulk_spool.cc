#include "cli/bulk_spool.h"

#include "base/try.h"
#include "cli/spooled_events.h"

namespace bb::cli {
namespace {

constexpr std::size_t kEventsPerSync = 1024;
constexpr std::size_t kBytesPerSync = 4 << 20;

}  // namespace

Result<void> BulkSpool::add(PlannedEvent event) {
  pending_bytes_ += event.body.size();
  pending_.push_back(std::move(event));
  if (pending_.size() < kEventsPerSync && pending_bytes_ < kBytesPerSync) return {};
  return flush();
}

Result<void> BulkSpool::flush() {
  if (pending_.empty()) return {};
  if (!spool_) {
    BB_TRY_ASSIGN(spool_, client::Spool::open(folder_, client::SpoolOptions{}));
  }
  BB_TRY(spool_events(*spool_, pending_, exchange_));
  for (const PlannedEvent& event : pending_) on_spooled_(event);
  pending_.clear();
  pending_bytes_ = 0;
  return {};
}

}  // namespace bb::cli
