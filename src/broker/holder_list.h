// Who holds which of the messages that a storage keeps.
#pragma once

#include <functional>

#include "broker/queued_message.h"
#include "broker/stream_log.h"

namespace bb::broker {

// Asked for a checkpoint.
class HolderList {
 public:
  using Visitor = std::function<void(QueueId, const QueuedMessage&)>;

  virtual ~HolderList() = default;
  // Calls `visit` for all that queues which survive hold of the storage, one queue after the other,
  // in the order of positions: what waits, and what is unsettled (marked as redelivered). As queue
  // 0, what clients have not settled of queues that are gone. There may be many millions: nothing
  // is copied. The message itself may be there or not.
  virtual void for_each_message(const Visitor& visit) const = 0;

  using StreamVisitor = std::function<void(QueueId, const StreamLog&)>;
  // The same of each stream, which for_each_message() passes over.
  virtual void for_each_stream(const StreamVisitor& visit) const = 0;
};

}  // namespace bb::broker
