#include "library/redis_options.h"

namespace bb {

redis::ClientOptions redis_options(const RedisConfig& config) {
  redis::ClientOptions options;
  options.host = config.host;
  options.port = config.port;
  options.database = config.database;
  options.user = config.user;
  options.password = config.password;
  return options;
}

}  // namespace bb
