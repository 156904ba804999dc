#include "cli/redis_settings.h"

namespace bb::cli {

redis::ClientOptions redis_options(const RedisAddress& address) {
  redis::ClientOptions options;
  options.host = address.host;
  options.port = address.port;
  options.database = address.database;
  options.password = address.password;
  return options;
}

}  // namespace bb::cli
