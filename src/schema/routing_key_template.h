// Event types with holes, "artifact.{action}", that the payload fills.
#pragma once

#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::schema {

// Whether `event_type` has anything in braces; whether that makes sense is for check_template() to
// say.
bool is_template(std::string_view event_type);

// kUsage unless every `{` is closed around the name of a field and what is between the holes can
// be part of an event type.
Result<void> check_template(std::string_view event_type);

// `event_type`, a template that check_template() accepts, with each `{name}` replaced by the string
// that the top-level field of that name has in `payload`, which is a JSON object. Of a field that
// repeats the last one counts. kInvalidPayload where one is missing, is no string, or makes what is
// no event type.
Result<std::string> fill_template(std::string_view event_type, std::string_view payload);

// The routing key of an event is its event type. A schema may say which fields of the payload
// repeat it (EventSchemaInfo::routing_key): kInvalidPayload where they do not. `payload` is a JSON
// object.
Result<void> check_routing_key(std::string_view routing_key, std::string_view event_type,
                               std::string_view payload);

}  // namespace bb::schema
