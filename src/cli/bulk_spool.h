// Where the events of `bb publish --jsonl` go that no broker takes.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "cli/planned_event.h"
#include "client/spool.h"

namespace bb::cli {

// Appends events to the spool, many with one sync of the disk. Not thread-safe.
class BulkSpool {
 public:
  // Called in order, each once, when the event is on the disk.
  using OnSpooled = std::function<void(const PlannedEvent& event)>;

  BulkSpool(std::string folder, std::string exchange, OnSpooled on_spooled)
      : folder_(std::move(folder)),
        exchange_(std::move(exchange)),
        on_spooled_(std::move(on_spooled)) {}

  // Takes the event, and appends what is taken once it is worth a sync. The errors are those of
  // client::Spool; what was not appended stays taken.
  Result<void> add(PlannedEvent event);
  Result<void> flush();

  // Events that are taken and not on the disk.
  std::size_t pending() const { return pending_.size(); }

 private:
  std::string folder_;
  std::string exchange_;
  OnSpooled on_spooled_;
  std::optional<client::Spool> spool_;
  std::vector<PlannedEvent> pending_;
  std::size_t pending_bytes_ = 0;
};

}  // namespace bb::cli
