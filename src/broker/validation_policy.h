// What an exchange asks of the events that are published to it: its argument
// `x-schema-validation`, a string. RabbitMQ has no such argument, and ignores it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "amqp/field_table.h"
#include "bloodbank/result.h"

namespace bb::broker {

enum class ValidationPolicy : std::uint8_t {
  kOff,         // anything passes
  kPermissive,  // envelopes whose payload is valid, or whose event type has no schema
  kStrict,      // envelopes whose payload is valid
};

inline constexpr std::string_view kValidationArgument = "x-schema-validation";

// "off", "permissive", "strict".
std::string_view to_string(ValidationPolicy policy);
std::optional<ValidationPolicy> parse_validation_policy(std::string_view name);

// The policy that the arguments of an exchange ask for: kOff where they are silent.
// kPreconditionFailed for a value that is none of the three. `what` is as describe() gives it.
Result<ValidationPolicy> validation_policy_in(const amqp::FieldTable& arguments,
                                              std::string_view what);

}  // namespace bb::broker
