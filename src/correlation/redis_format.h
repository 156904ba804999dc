// Links as keys and values of Redis, as other services of the ecosystem write and read them;
// docs/formats/correlation.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "correlation/link.h"
#include "schema/json_document.h"

namespace bb::correlation {

inline constexpr std::string_view kForwardPrefix = "bloodbank:correlation:forward:";
inline constexpr std::string_view kReversePrefix = "bloodbank:correlation:reverse:";

// "bloodbank:correlation:forward:<child>"
std::string forward_key(const Uuid& child);
// "bloodbank:correlation:reverse:<parent>"
std::string reverse_key(const Uuid& parent);

// {"parent_event_ids":[…],"created_at":"2026-01-27T10:15:30.123456+00:00","metadata":{}}. The time
// is as every version of Python's datetime.fromisoformat() reads it.
std::string write_forward_value(const Link& link);

// Holds the working memory: keep one and use it again. Not thread-safe.
class ForwardValueReader {
 public:
  // What write_forward_value() and Python services write: times without an offset are UTC, parents
  // that are no UUIDs are left out, NaN and the infinities are null. Nothing if it is no such
  // object.
  std::optional<Link> read(const Uuid& child, std::string_view json);

 private:
  schema::JsonReader reader_;
};

}  // namespace bb::correlation
