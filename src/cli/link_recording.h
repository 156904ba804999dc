// What a command that publishes records in Redis of what caused its events.
#pragma once

#include <functional>
#include <memory>

#include "bloodbank/result.h"
#include "cli/planned_event.h"
#include "cli/runner.h"
#include "cli/settings.h"
#include "client/spool_entry.h"
#include "correlation/link_recorder.h"

namespace bb::cli {

using LinkRecorderPtr = std::unique_ptr<correlation::LinkRecorder>;

// nullptr where CORRELATION_TRACKING is off or no REDIS_HOST is set. kUsage for wrong settings.
Result<LinkRecorderPtr> open_link_recorder(const Settings& settings);

// `recorder` may be nullptr.
void record_link(correlation::LinkRecorder* recorder, const PlannedEvent& event);

// The same for what leaves the spool, to be called with each that was published; empty for nullptr.
std::function<void(const client::SpoolEntry&)> record_spool_links(
    correlation::LinkRecorder* recorder);

// At the end of a command: waits until what can be recorded is, ten seconds at most and within
// `deadline`; then one warning for all links that are not recorded. `recorder` may be nullptr.
// `before` is what the last run of `runner` gave: after one that was abandoned there is the warning
// alone.
void finish_links(correlation::LinkRecorder* recorder, Runner& runner, const Result<void>& before,
                  const Deadline& deadline);

}  // namespace bb::cli
