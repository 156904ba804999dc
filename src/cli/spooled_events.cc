#include "cli/spooled_events.h"

#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "base/try.h"
#include "client/spool.h"

namespace bb::cli {

Result<void> spool_events(client::Spool& spool, std::span<const PlannedEvent> events,
                          std::string_view exchange) {
  std::vector<client::OutgoingMessage> messages;
  messages.reserve(events.size());
  for (const PlannedEvent& event : events) messages.push_back(to_message(event, exchange));
  BB_TRY(spool.append(messages, std::chrono::system_clock::now()));
  return {};
}

Result<void> spool_events(const std::string& folder, std::span<const PlannedEvent> events,
                          std::string_view exchange) {
  BB_TRY_ASSIGN(client::Spool spool, client::Spool::open(folder, client::SpoolOptions{}));
  return spool_events(spool, events, exchange);
}

Error no_spool(const Error& problem) {
  return {problem.code,
          fmt::format("what was not published is not in the spool either: {}", problem.message)};
}

bool is_for_spool(ErrorCode code, bool fail_open) {
  switch (code) {
    case ErrorCode::kUnreachable:
    case ErrorCode::kTimeout:
    case ErrorCode::kClosed:
    case ErrorCode::kConnectionForced:
    case ErrorCode::kResourceLocked:  // another process drains what is in front of them
      return true;
    case ErrorCode::kInterrupted:
      return false;
    default:
      return fail_open;
  }
}

}  // namespace bb::cli
