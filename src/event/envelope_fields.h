// The top-level fields of an envelope, and what the legacy shape calls them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace bb::event {

enum class EnvelopeField {
  kEventId,
  kEventType,
  kTimestamp,
  kVersion,
  kSource,
  kCorrelationIds,
  kAgentContext,
  kPayload,
};

inline constexpr std::size_t kEnvelopeFieldCount = 8;

using EnvelopeFieldNames = std::array<std::string_view, kEnvelopeFieldCount>;

// In the order in which they are written.
inline constexpr EnvelopeFieldNames kEnvelopeFieldNames{
    "event_id", "event_type",      "timestamp",     "version",
    "source",   "correlation_ids", "agent_context", "payload"};

// The legacy shape knows no `version`, `correlation_ids` and `agent_context`; where
// one of them is there all the same, it means what it means in an envelope.
inline constexpr EnvelopeFieldNames kLegacyFieldNames{
    "id", "event_type", "ts", "version", "source", "correlation_ids", "agent_context", "data"};

// The parent of a legacy event, if it is a UUID.
inline constexpr std::string_view kLegacyCorrelationId = "correlation_id";

// The envelope is around the value of each of its fields.
inline constexpr std::size_t kFieldDepthAround = 1;

}  // namespace bb::event
