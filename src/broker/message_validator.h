// The question an exchange may ask about every message that is published to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/validation_policy.h"

namespace bb::broker {

// One thing that is wrong with a body.
struct Violation {
  std::string pointer;   // RFC 6901, in the body: "/payload/confidence"
  std::string expected;  // "a number, at least 0"
  std::string found;     // shortened JSON, or "nothing"
};

// Why a message is refused.
struct Refusal {
  std::string reason;  // one line: "the payload is not valid for 'llm.prompt'"
  std::vector<Violation> violations{};
};

// A message as its publisher wrote it. Borrows everything for the call.
struct ValidatedMessage {
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view body;
};

// What events have to look like is not the broker's to know: whoever runs it says so. Called from
// the broker's executor, for each message, so an answer has to come at once.
class MessageValidator {
 public:
  virtual ~MessageValidator() = default;

  // Nothing: the message may pass. `policy` is not kOff.
  virtual std::optional<Refusal> check(ValidationPolicy policy,
                                       const ValidatedMessage& message) = 0;
  // Refusal::violations are no more than this: the first few tell what a publisher does wrong.
  static constexpr std::size_t kViolationsMax = 5;
};

}  // namespace bb::broker
