// W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace of a tracing system an
// event belongs to, and the step in it that it came from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bb::event {

inline constexpr std::string_view kTraceparent = "traceparent";
inline constexpr std::string_view kTracestate = "tracestate";

struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> parent_id{};  // the step: a span
  std::uint8_t flags = 0;                   // 1: it is sampled
  std::string state;                        // of vendors, passed through

  // "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".
  std::string traceparent() const;
  // The same trace, at a step of its own: what is said to whoever comes next.
  TraceContext child() const;

  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// §3.3.1: a list of at most 32 key=value, of the characters that they may have, in at most 512
// bytes; an empty one is one. Of keys, what is read as the standard's second version has it.
bool is_tracestate(std::string_view text);

// §3.2: versions above 00 are read as 00, "ff" is none, ids of zeros are none. A state that is none
// is left out (§3.3).
std::optional<TraceContext> parse_trace_context(std::string_view traceparent,
                                                std::string_view tracestate);

}  // namespace bb::event
