// What `bb publish` is about to send: its options, and the checked events made from them. Nothing
// here connects to anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bloodbank/envelope.h"
#include "bloodbank/result.h"
#include "bloodbank/uuid.h"
#include "cli/planned_event.h"

namespace bb::cli {

struct PublishOptions {
  std::optional<std::string> event_type;
  // Exactly one of these four.
  std::optional<std::string> payload_file;
  std::optional<std::string> json;
  std::optional<std::string> envelope_file;
  std::optional<std::string> envelope_json;
  // These build an envelope, so they go with a payload alone.
  std::optional<Uuid> event_id;
  std::vector<Uuid> correlation_ids;
  std::optional<SourceType> source_type;
  std::optional<std::string> source_app;
  std::optional<std::string> source_host;
};

// Reads and checks everything. Errors: kUsage for options that do not go together, kIo for what
// cannot be read, kInvalidJson with the place, kInvalidEnvelope for a payload that is not an object
// and for envelopes, with every structural error of the first one that is wrong.
Result<std::vector<PlannedEvent>> plan_publish(const PublishOptions& options);

}  // namespace bb::cli
