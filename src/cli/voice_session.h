// A recorded voice session, as examples/voice/README.md describes it: one event a line.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/envelope.h"
#include "bloodbank/result.h"

namespace bb::cli {

struct SessionEvent {
  std::string event_type;
  std::chrono::milliseconds offset{0};  // after the start of the session; never falls
  RawJson payload;                      // an object
  // What the payload says, where it does.
  std::string text;  // spoken or answered, or an error's message
  std::string speaker;
  std::optional<bool> is_final;
  std::string segment_id;
  std::string in_reply_to;  // a segment
};

inline constexpr std::size_t kSessionBytesMax = 64u << 20;

// Reads the lines of a session. kInvalidJson or kInvalidEnvelope names the line that is wrong;
// a session without events is kInvalidEnvelope.
Result<std::vector<SessionEvent>> parse_session(std::string_view lines);

// For each event, the earlier one that caused it: of a segment's later events its first one, of
// that one the first event of the session, of an answer the segment's final event.
std::vector<std::optional<std::size_t>> session_causes(const std::vector<SessionEvent>& events);

}  // namespace bb::cli
