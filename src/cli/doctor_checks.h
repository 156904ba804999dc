// The checks of `bb doctor`: each answers one question about the way from here to a subscriber.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "amqp/url.h"
#include "bloodbank/result.h"

namespace bb::cli {

enum class CheckStatus { kOk, kFailed, kSkipped };

struct CheckResult {
  std::string name;  // "connection"
  CheckStatus status = CheckStatus::kOk;
  std::string detail;                    // what was found, or what went wrong
  std::string advice;                    // of a failure, or what will be one: what to do about it
  ErrorCode code = ErrorCode::kFailure;  // of a failure
  std::optional<std::chrono::microseconds> latency;
};

// Checks the broker at `url`: connection, its certificate (with TLS), server, exchange, its kind, a
// queue of our own, and a test message to it, which nobody else sees. What cannot be tried because
// of an earlier failure is skipped. Each wait takes at most `timeout`. `report` is called with each
// result in turn.
//
// Changes nothing on the broker beyond a queue that goes with the connection.
void check_broker(const amqp::Url& url, const std::string& exchange,
                  std::chrono::milliseconds timeout,
                  const std::function<void(CheckResult)>& report);

}  // namespace bb::cli
