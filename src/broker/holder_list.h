// Who holds which of the messages that a storage keeps.
#pragma once

#include <functional>
#include <vector>

#include "broker/queued_message.h"
#include "broker/stream_log.h"

namespace bb::broker {

// Asked for a checkpoint.
class HolderList {
 public:
  using Visitor = std::function<void(QueueId, const std::vector<QueuedMessage>&)>;

  virtual ~HolderList() = default;
  // Calls `visit` once for each queue that survives, with all that it holds of the storage, in
  // the order of positions: what waits, and what is unsettled (marked as redelivered). As queue 0,
  // what clients have not settled of queues that are gone.
  virtual void for_each_queue(const Visitor& visit) const = 0;

  using StreamVisitor = std::function<void(QueueId, const StreamLog&)>;
  // The same of each stream, which for_each_queue() passes over.
  virtual void for_each_stream(const StreamVisitor& visit) const = 0;
};

}  // namespace bb::broker
