// Events as CloudEvents (https://github.com/cloudevents/spec, version 1.0), and back.
//
//   id, type, time            event_id, event_type, timestamp
//   source                    "//host/app": host and app of the source, percent-encoded
//   datacontenttype, data     application/json, the payload
//   causationid               the first of correlation_ids
//   causationids              all of them, commas between, where there are several
//   sourcetype                the source's type, where it is not "manual"
//   sourcemeta, agentcontext  the source's meta, and agent_context, as JSON texts, where there are
//   any sourcefields, envelopefields
//                             what else the source and the envelope hold, the same
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bloodbank/envelope.h"

namespace bb::event {

inline constexpr std::string_view kCloudEventsVersion = "1.0";
inline constexpr std::string_view kCloudEventsJson = "application/cloudevents+json";

// Names and values; of binary mode, where every value is a text.
using CloudAttributes = std::vector<std::pair<std::string, std::string>>;

// All but data.
CloudAttributes cloud_attributes(const Envelope& envelope);

// In structured mode: one JSON object with "data".
std::string write_cloud_event(const Envelope& envelope);

// The envelope of attributes and data. An id that is no UUID is in the unknown field
// "cloudevents_id", and the event's is the one that follows from source and id; attributes that are
// not known are unknown fields. Data that is no JSON object is the member "data" of the payload.
std::expected<Envelope, EnvelopeError> envelope_of_cloud_event(const CloudAttributes& attributes,
                                                               std::string_view data);

// Of a text that is JSON: whether it is an object with "specversion" 1.x, "id", "source" and
// "type".
bool is_cloud_event(std::string_view json);
// Structured mode; `json` is one that is_cloud_event().
std::expected<Envelope, EnvelopeError> parse_cloud_event(std::string_view json);

}  // namespace bb::event
