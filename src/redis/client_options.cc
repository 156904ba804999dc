#include "redis/client_options.h"

namespace bb::redis {

ClientOptions client_options(const RedisConfig& config) {
  ClientOptions options;
  options.host = config.host;
  options.port = config.port;
  options.database = config.database;
  options.user = config.user;
  options.password = config.password;
  return options;
}

}  // namespace bb::redis
