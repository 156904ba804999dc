// The target of a request: its path in segments, and its query.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"

namespace bb::server {

struct HttpTarget {
  std::vector<std::string> segments;  // percent-decoded: "/api/queues/%2F" has "api", "queues", "/"
  std::map<std::string, std::string> query;
};

// kUsage: no path, or a percent sign without two hexadecimal digits.
Result<HttpTarget> parse_target(std::string_view target);

std::string percent_encode(std::string_view text);
Result<std::string> percent_decode(std::string_view text);

}  // namespace bb::server
