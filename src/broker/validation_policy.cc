#include "broker/validation_policy.h"

#include <fmt/format.h>

#include <array>

namespace bb::broker {
namespace {

constexpr std::array<std::string_view, 3> kNames{"off", "permissive", "strict"};

}  // namespace

std::string_view to_string(ValidationPolicy policy) {
  return kNames[static_cast<std::size_t>(policy)];
}

std::optional<ValidationPolicy> parse_validation_policy(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ValidationPolicy>(i);
  }
  return std::nullopt;
}

Result<ValidationPolicy> validation_policy_in(const amqp::FieldTable& arguments,
                                              std::string_view what) {
  const amqp::FieldValue* const value = arguments.find(kValidationArgument);
  if (value == nullptr) return ValidationPolicy::kOff;
  const std::string* const name = value->as_string();
  const auto policy = name == nullptr ? std::nullopt : parse_validation_policy(*name);
  if (policy) return *policy;
  return fail(ErrorCode::kPreconditionFailed,
              fmt::format("invalid arg '{}' for {}: it is one of off, permissive, strict, not {}",
                          kValidationArgument, what, amqp::to_string(*value)));
}

}  // namespace bb::broker
