// A client of the Redis that the settings name.
#pragma once

#include "cli/settings.h"
#include "redis/client.h"

namespace bb::cli {

redis::ClientOptions redis_options(const RedisAddress& address);

}  // namespace bb::cli
