// Where a Redis server is.
#pragma once

#include <cstdint>
#include <string>

namespace bb {

struct RedisConfig {
  std::string host;  // empty: there is none
  std::uint16_t port = 6379;
  std::uint32_t database = 0;
  std::string user;      // empty: the default user
  std::string password;  // empty: none
};

}  // namespace bb
