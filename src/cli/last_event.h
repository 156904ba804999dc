// The event that was published last from this terminal or script, for `bb publish -c @last`.
#pragma once

#include <string>

#include "bloodbank/result.h"
#include "bloodbank/uuid.h"

namespace bb::cli {

// In `<data-dir>/last-event/`, a file for each session of the operating system (setsid(2)): a
// terminal's and a script's are their own, whatever runs at the same time. Its name says when the
// session's leader started, where /proc does: numbers come again, those of containers above all.

// kNotFound: nothing was published in this session; the message says what to do. kIo.
Result<Uuid> read_last_event(const std::string& data_dir);
// Makes the folders, for their owner alone. What sessions left that are over is removed now and
// then.
Result<void> write_last_event(const std::string& data_dir, const std::string& event_id);

}  // namespace bb::cli
