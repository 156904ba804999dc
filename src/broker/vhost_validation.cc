// What exchanges refuse, and where it is kept.
#include <fmt/format.h>

#include "amqp/constants.h"
#include "amqp/properties.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/logging.h"
#include "base/try.h"
#include "base/utf8.h"
#include "broker/arguments.h"
#include "broker/quarantine.h"
#include "broker/vhost.h"

namespace bb::broker {
namespace {

// Of a content header frame, beyond the headers: the other properties, each 255 bytes at most.
constexpr std::size_t kOtherPropertiesBytes = 4096;
constexpr std::size_t kLoggedBytesMax = 200;

}  // namespace

Result<ValidationPolicy> VHost::validation_policy(std::string_view exchange,
                                                  const amqp::FieldTable& arguments) const {
  const std::string what = describe("exchange", exchange, name_);
  BB_TRY_ASSIGN(ValidationPolicy policy, validation_policy_in(arguments, what));
  const Options& options = context_.options;
  if (options.events_validation && name_ == "/" && exchange == options.events_exchange) {
    policy = *options.events_validation;
  }
  if (policy == ValidationPolicy::kOff) return policy;
  if (context_.validator == nullptr) {
    return fail(ErrorCode::kNotImplemented,
                fmt::format("argument '{}' of an exchange", kValidationArgument));
  }
  if (quarantine_name(exchange).size() > amqp::kShortStringMaxBytes) {
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("the name of {} leaves no room for that of its quarantine queue", what));
  }
  return policy;
}

Result<Queue*> VHost::quarantine_of(std::string_view exchange) {
  const std::string name = quarantine_name(exchange);
  if (const auto known = queues_.find(name); known != queues_.end()) return known->second.get();
  return declare_queue(name, quarantine_properties(context_.options.quarantine_bytes_max),
                       /*connection=*/0);
}

std::optional<PublishOutcome> VHost::refuse_invalid(const Publication& publication) {
  if (validating_exchanges_ == 0) return std::nullopt;
  const auto exchange = exchanges_.find(publication.exchange);
  if (exchange == exchanges_.end()) return std::nullopt;
  const ValidationPolicy policy = exchange->second->validation();
  if (policy == ValidationPolicy::kOff) return std::nullopt;
  const ValidatedMessage message{.exchange = publication.exchange,
                                 .routing_key = publication.routing_key,
                                 .body = publication.body};
  const auto refusal = context_.validator->check(policy, message);
  if (!refusal) return std::nullopt;
  ++context_.counters.invalid;
  const auto kept = keep_in_quarantine(publication, message, *refusal);
  log_refusal(message, *refusal, kept);
  return PublishOutcome{
      .routed = true, .refused = true, .invalid = true, .position = kept.value_or(0)};
}

void VHost::log_refusal(const ValidatedMessage& message, const Refusal& refusal,
                        const Result<Position>& kept) {
  const auto text = [&] {
    return fmt::format(
        "event refused by {}, routing key '{}': {}; {}",
        describe("exchange", message.exchange, name_),
        printable(message.routing_key, kLoggedBytesMax), printable(refusal.reason, kLoggedBytesMax),
        kept ? fmt::format("it is in the queue '{}'", quarantine_name(message.exchange))
             : fmt::format("it was not kept: {}", kept.error().message));
  };
  if (const auto passed_over = context_.refusal_log.note(context_.clock.now)) {
    logging::warning(
        "{}{}", text(),
        *passed_over == 0 ? "" : fmt::format(" ({} more since the line before)", *passed_over));
  } else if (logging::enabled(logging::Level::kDebug)) {
    logging::debug("{}", text());
  }
}

Result<Position> VHost::keep_in_quarantine(const Publication& publication,
                                           const ValidatedMessage& message,
                                           const Refusal& refusal) {
  BB_TRY_ASSIGN(Queue* const queue, quarantine_of(publication.exchange));
  const std::string properties = quarantined_properties(
      message, refusal, static_cast<std::uint64_t>(context_.clock.wall_ms / 1000),
      publication.properties, context_.options.frame_max_bytes - kOtherPropertiesBytes);
  const auto decoded = amqp::decode_properties(as_bytes(properties));
  BB_ASSERT(decoded);
  // Straight to the queue: no CC, no policy and no binding may send it anywhere else.
  routed_.clear();
  routed_.queues.push_back(queue);
  const std::string name = queue->name();
  const PublishOutcome outcome = deliver({.exchange = "",
                                          .routing_key = name,
                                          .properties = properties,
                                          .body = publication.body,
                                          .decoded = *decoded});
  if (outcome.storage_failed) return fail(ErrorCode::kIo, "the storage refused it");
  if (outcome.refused) return fail(ErrorCode::kIo, fmt::format("the queue '{}' is full", name));
  return outcome.position;
}

}  // namespace bb::broker
