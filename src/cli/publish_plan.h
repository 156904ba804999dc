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
#include "cli/publish_gate.h"

namespace bb::cli {

struct PublishOptions {
  std::optional<std::string> event_type;  // or a template of one, see routing_key_template.h
  // Exactly one of these six.
  std::optional<std::string> payload_file;
  std::optional<std::string> json;
  std::optional<std::string> envelope_file;
  std::optional<std::string> envelope_json;
  std::optional<std::string> lines_file;  // in bulk, one JSON text a line
  bool mock = false;                      // the payload is an example from the schema
  // The lines are envelopes, not payloads.
  bool envelopes = false;
  // These build an envelope, so they go with a payload alone.
  std::optional<Uuid> event_id;  // of one event
  std::vector<Uuid> correlation_ids;
  std::optional<SourceType> source_type;
  std::optional<std::string> source_app;
  std::optional<std::string> source_host;

  EventDress dress;

  bool takes_envelopes() const { return envelope_file || envelope_json || envelopes; }
};

// kUsage for options that do not go together, or that make no envelope. The functions below take
// options that passed.
Result<void> check_options(const PublishOptions& options);

// The event of a payload. kInvalidJson with the place, kInvalidEnvelope for one that is no object,
// kInvalidPayload for a template that cannot be filled, and the errors of the gate.
Result<PlannedEvent> plan_payload(const PublishOptions& options, const PlacedText& payload,
                                  PublishGate& gate);

// The event of an envelope, which is sent as it is. `number` counts the envelopes of a source that
// may hold several; messages name it. kInvalidJson with the place, kInvalidEnvelope with every
// structural error, kUsage for one of another event type than the options say, and the errors of
// the gate.
Result<PlannedEvent> plan_envelope(const PublishOptions& options, const PlacedText& envelope,
                                   std::optional<std::size_t> number, PublishGate& gate);

// Reads and checks everything; not in bulk. kIo for what cannot be read, and the errors of the
// first event that is wrong.
Result<std::vector<PlannedEvent>> plan_publish(const PublishOptions& options, PublishGate& gate);

}  // namespace bb::cli
