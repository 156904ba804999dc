#include "broker/storage.h"

#include "base/assert.h"

namespace bb::broker {

Result<Message::Ptr> Storage::load(Position, MemoryGauge&) {
  BB_ASSERT(keeps_bodies());
  return fail(ErrorCode::kIo, "this storage keeps no messages");
}

}  // namespace bb::broker
