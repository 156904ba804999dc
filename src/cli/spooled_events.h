// Events of `bb publish` that go to the spool in place of a broker.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "bloodbank/result.h"
#include "cli/planned_event.h"
#include "client/spool.h"

namespace bb::cli {

enum class SpoolMode : std::uint8_t {
  kAuto,    // when no broker takes them
  kAlways,  // at once
  kNever,
};

// Appends them all, durably, or none. The errors are those of client::Spool.
Result<void> spool_events(client::Spool& spool, std::span<const PlannedEvent> events,
                          std::string_view exchange);
Result<void> spool_events(const std::string& folder, std::span<const PlannedEvent> events,
                          std::string_view exchange);

// What there is to say, after what kept the events from a broker, of a spool that cannot be used.
Error no_spool(const Error& problem);

// Whether an event that met this error may be one for the spool: no broker took it, and another
// time one may. With `fail_open`, whatever a broker had against it.
bool is_for_spool(ErrorCode code, bool fail_open);

}  // namespace bb::cli
