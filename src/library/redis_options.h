#pragma once

#include "bloodbank/redis_config.h"
#include "redis/client.h"

namespace bb {

redis::ClientOptions redis_options(const RedisConfig& config);

}  // namespace bb
