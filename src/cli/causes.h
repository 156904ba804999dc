// What `bb publish -c` takes: events that caused the one that is published.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "bloodbank/result.h"
#include "bloodbank/uuid.h"

namespace bb::cli {

struct LastEvent {};  // "@last": what was published last from here
struct StandardInput {
};  // "-": ids, or what `bb publish -o json` and `bb subscribe -o ndjson` print
using Cause = std::variant<Uuid, LastEvent, StandardInput>;

// kUsage.
Result<Cause> parse_cause(const std::string& text);

bool needs_standard_input(const std::vector<Cause>& causes);
bool needs_last_event(const std::vector<Cause>& causes);

// The ids in a text: words that are one, or JSON objects with an "event_id". kUsage for anything
// else, and for none.
Result<std::vector<Uuid>> read_ids(const std::string& text);

// The events, each once. `data_dir` is where the last one is remembered. kNotFound, kIo, kUsage.
Result<std::vector<Uuid>> resolve_causes(const std::vector<Cause>& causes,
                                         const std::string& data_dir);

}  // namespace bb::cli
