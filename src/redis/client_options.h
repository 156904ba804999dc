#pragma once

#include "bloodbank/redis_config.h"
#include "redis/client.h"

namespace bb::redis {

// Those of a client of that server; its other options are the default ones.
ClientOptions client_options(const RedisConfig& config);

}  // namespace bb::redis
