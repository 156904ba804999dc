// Any bytes are JSON or not, an envelope or not; none crash, and what is accepted
// survives being written and read again.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "bloodbank/envelope.h"

namespace {

// simdjson refuses some JSON that is passed on here: numbers that no type holds,
// half a surrogate pair, and nesting of exactly its limit. Everything else must agree.
void compare_with_simdjson(std::string_view text, bool is_json) {
  simdjson::dom::parser parser;
  const auto error = parser.parse(simdjson::padded_string(text)).error();
  const bool stricter = error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR ||
                        error == simdjson::DEPTH_ERROR;
  if (error == simdjson::SUCCESS) BB_ASSERT(is_json);
  if (is_json) BB_ASSERT(error == simdjson::SUCCESS || stricter);
}

void check_error(std::string_view text, const bb::JsonError& error) {
  BB_ASSERT(error.offset <= text.size());
  BB_ASSERT(error.line >= 1 && error.line <= error.offset + 1);
  BB_ASSERT(error.column >= 1 && error.column <= error.offset + 1);
  BB_ASSERT(!error.reason.empty());
}

void check_minified(std::string_view text) {
  const std::string once = bb::minify_json(text);
  BB_ASSERT(once.size() <= text.size());
  BB_ASSERT(bb::check_json(once));
  BB_ASSERT(bb::minify_json(once) == once);
  BB_ASSERT(once.find('\n') == std::string::npos);
}

void check_refusal(std::string_view text, bool is_json, const bb::EnvelopeError& error) {
  BB_ASSERT(error.json.has_value() == !is_json);
  BB_ASSERT(error.structure.empty() == !is_json);
  BB_ASSERT(error.structure.size() <= bb::kStructuralErrorsMax + 1);
  if (error.json) check_error(text, *error.json);
  const std::string message = error.to_error().message;
  BB_ASSERT(simdjson::validate_utf8(message));
  BB_ASSERT(message.find('\n') == std::string::npos);
}

void check_round_trip(const bb::Envelope& envelope) {
  BB_ASSERT(bb::check_envelope(envelope).empty());
  const auto again = bb::parse_envelope(bb::serialize(envelope));
  BB_ASSERT(again.has_value());
  BB_ASSERT(again->payload == envelope.payload);
  BB_ASSERT(*again == envelope);
}

}  // namespace

// libFuzzer gives the name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto checked = bb::check_json(text);
  if (checked) {
    check_minified(text);
  } else {
    check_error(text, checked.error());
  }
  compare_with_simdjson(text, checked.has_value());

  const auto parsed = bb::parse_any_envelope(text);
  if (parsed) {
    BB_ASSERT(checked.has_value());
    check_round_trip(*parsed);
  } else {
    check_refusal(text, checked.has_value(), parsed.error());
  }
  // What is an envelope is not read as something else when the legacy shape is allowed.
  if (const auto strict = bb::parse_envelope(text)) BB_ASSERT(parsed && *parsed == *strict);
  return 0;
}
