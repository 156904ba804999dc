#include "event/trace_context.h"

#include <algorithm>
#include <span>

#include "base/hex.h"
#include "base/random.h"

namespace bb::event {
namespace {

constexpr std::size_t kSize = 55;  // of version 00
// §3.3.1.5: at least this much has to be passed on.
constexpr std::size_t kStateBytesMax = 512;
constexpr std::size_t kStateMembersMax = 32;

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool read_hex(std::string_view text, std::span<std::uint8_t> out) {
  if (!std::ranges::all_of(text, is_lower_hex)) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(hex_digit_value(text[2 * i]) * 16 +
                                       hex_digit_value(text[2 * i + 1]));
  }
  return true;
}

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

bool is_zero(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_key_character(char c) {
  return is_lower_or_digit(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
}

bool is_value_character(char c) {
  return c >= ' ' && c <= '~' && c != ',' && c != '=';
}

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_state_member(std::string_view member) {
  const std::size_t equals = member.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = member.substr(0, equals);
  const std::string_view value = member.substr(equals + 1);
  return !key.empty() && key.size() <= 256 && is_lower_or_digit(key.front()) &&
         std::ranges::all_of(key, is_key_character) && !value.empty() && value.size() <= 256 &&
         std::ranges::all_of(value, is_value_character);
}

}  // namespace

bool is_tracestate(std::string_view text) {
  if (text.size() > kStateBytesMax) return false;
  std::size_t members = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view member = without_spaces(text.substr(0, end));
    // Empty ones are allowed.
    if (!member.empty() && (!is_state_member(member) || ++members > kStateMembersMax)) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

std::string TraceContext::traceparent() const {
  std::string text = "00-";
  append_hex(text, trace_id);
  text += '-';
  append_hex(text, parent_id);
  text += '-';
  append_hex(text, std::span(&flags, 1));
  return text;
}

TraceContext TraceContext::child() const {
  TraceContext next = *this;
  do {
    fill_random(next.parent_id);
  } while (is_zero(next.parent_id));
  next.flags &= 1;  // §3.2.2.5.2: the others mean nothing yet
  return next;
}

std::optional<TraceContext> parse_trace_context(std::string_view traceparent,
                                                std::string_view tracestate) {
  if (traceparent.size() < kSize) return std::nullopt;
  const std::string_view version = traceparent.substr(0, 2);
  if (!std::ranges::all_of(version, is_lower_hex) || version == "ff") return std::nullopt;
  if (traceparent.size() > kSize && (version == "00" || traceparent[kSize] != '-')) {
    return std::nullopt;
  }
  if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') {
    return std::nullopt;
  }
  TraceContext context;
  if (!read_hex(traceparent.substr(3, 32), context.trace_id) ||
      !read_hex(traceparent.substr(36, 16), context.parent_id) ||
      !read_hex(traceparent.substr(53, 2), std::span(&context.flags, 1)) ||
      is_zero(context.trace_id) || is_zero(context.parent_id)) {
    return std::nullopt;
  }
  if (is_tracestate(tracestate)) context.state = tracestate;
  return context;
}

}  // namespace bb::event
