// For tests: a validator that refuses every body that begins with "bad".
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "broker/message_validator.h"

namespace bb::broker {

class TestValidator final : public MessageValidator {
 public:
  // What was asked of it since the last call: "strict events a.b body".
  std::vector<std::string> calls() { return std::exchange(calls_, {}); }

  std::optional<Refusal> check(ValidationPolicy policy, const ValidatedMessage& message) override {
    calls_.push_back(fmt::format("{} {} {} {}", to_string(policy), message.exchange,
                                 message.routing_key, message.body));
    if (!message.body.starts_with("bad")) return std::nullopt;
    return Refusal{"it is bad", {{"/payload", "something good", "nothing"}}};
  }

 private:
  std::vector<std::string> calls_;
};

}  // namespace bb::broker
