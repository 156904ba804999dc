// Gives up what is damaged in a queue of the spool.
#pragma once

#include <cstdint>

#include "client/spool_queue.h"

namespace bb::client::spool {

struct Repair {
  std::uint64_t places = 0;
  std::uint64_t bytes = 0;
};

// Covers what cannot be read by gaps, so that readers go on behind it; a header is written anew
// from what the records say. A file that is gone or cut off is a place too. Durable on return. The
// caller keeps others from draining. Errors: those of the folder and its files.
Result<Repair> drop_damaged(SharedQueue& queue);

}  // namespace bb::client::spool
