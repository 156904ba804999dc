#include "cli/event_choice.h"

#include <algorithm>

#include "amqp/topic_match.h"
#include "bloodbank/envelope.h"

namespace bb::cli {

Result<bool> EventChoice::wants(std::string_view routing_key, std::string_view body) {
  const auto matches = [&](const std::string& pattern) {
    return amqp::topic_matches(pattern, routing_key);
  };
  if (!options_.patterns.empty() && std::ranges::none_of(options_.patterns, matches)) return false;
  if (std::ranges::any_of(options_.ignored, matches)) return false;
  if (!is_in_time(body)) return false;
  if (!options_.where) return true;
  return options_.where->matches(body, scratch_);
}

bool EventChoice::is_in_time(std::string_view body) const {
  if (!options_.not_before && !options_.before) return true;
  const auto event = parse_any_envelope(body);
  if (!event) return true;
  return (!options_.not_before || event->timestamp >= *options_.not_before) &&
         (!options_.before || event->timestamp < *options_.before);
}

}  // namespace bb::cli
