#include "client/service_names.h"

#include <fmt/format.h>

#include "client/failure_headers.h"
#include "client/near_bindings.h"
#include "client/subscriber.h"
#include "client/text.h"

namespace bb::client {
namespace {

// Of what the queue already is; empty for nothing.
std::string_view reserved_for(std::string_view service) {
  // Any exchange: it is the rest of the name that matters.
  constexpr std::string_view kExchange = "events";
  const std::string queue = service_queue(kExchange, service);
  if (is_kept_of(queue, kExchange)) {
    return service == "history" ? "keeps what was published to the exchange"
                                : "keeps what the exchange refused";
  }
  const auto side = side_queue_of(queue);
  if (!side) return "";
  return side->is_dead_letters ? "is called as dead letters of another service are"
                               : "is called as a delay queue of another service is";
}

}  // namespace

std::optional<SideQueue> side_queue_of(std::string_view name) {
  if (name.ends_with(kDeadLetterQueueSuffix)) {
    name.remove_suffix(kDeadLetterQueueSuffix.size());
    if (name.empty()) return std::nullopt;
    return SideQueue{std::string(name), true};
  }
  const std::size_t infix = name.rfind(kDelayQueueInfix);
  if (infix == std::string_view::npos || infix == 0) return std::nullopt;
  const std::string_view delay = name.substr(infix + kDelayQueueInfix.size());
  if (delay.empty() || delay.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return SideQueue{std::string(name.substr(0, infix)), false};
}

Result<void> check_service_name(std::string_view service) {
  const std::string_view reserved = reserved_for(service);
  if (reserved.empty()) return {};
  return fail(ErrorCode::kUsage, fmt::format("no service can be called '{0}': the queue "
                                             "EXCHANGE.{0} {1}",
                                             one_line(service), reserved));
}

}  // namespace bb::client
