// Asks services how they are.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "bloodbank/result.h"

namespace bb::cli {

struct Health {
  Health() = default;  // no aggregate: g++ 12 destroys those of a co_await expression twice

  bool ok = false;
  unsigned status = 0;  // of the answer; 0 where there was none
  std::string error;    // why it is not ok: one line
};

inline constexpr std::size_t kHealthPollsAtOnce = 32;

// GETs each URL once, kHealthPollsAtOnce of them at a time, each for `limit` at most. 2xx is ok;
// redirects are not followed.
boost::asio::awaitable<Result<std::map<std::string, Health>>> poll_health(
    std::vector<std::string> urls, std::chrono::milliseconds limit);

}  // namespace bb::cli
