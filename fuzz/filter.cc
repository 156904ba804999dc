// A filter and an event: what comes before the first line break that is followed by another, and
// what comes after. Besides not crashing: a refusal is one line; the verdict is the same again,
// over bytes and over what was read from them, and the opposite behind `not`; only an event that is
// no JSON, and a costly regular expression, have none.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "bloodbank/envelope.h"
#include "filter/filter.h"

namespace {

using bb::filter::Filter;
using bb::filter::FilterScratch;

constexpr std::string_view kSeparator = "\n\n";

void check_refusal(const bb::Error& error) {
  BB_ASSERT(error.code == bb::ErrorCode::kUsage);
  BB_ASSERT(error.message.starts_with("filter, ") || error.message.starts_with("a filter has"));
  BB_ASSERT(error.message.size() < 500);
  BB_ASSERT(error.message.find('\n') == std::string::npos);
  BB_ASSERT(simdjson::validate_utf8(error.message));
}

void check_verdict(const Filter& filter, std::string_view event) {
  FilterScratch scratch;
  const auto verdict = filter.matches(event, scratch);
  if (!bb::check_json(event)) {
    BB_ASSERT(!verdict && verdict.error().code == bb::ErrorCode::kInvalidJson);
    return;
  }
  BB_ASSERT(verdict || verdict.error().code == bb::ErrorCode::kFailure);
  BB_ASSERT(verdict == filter.matches(event, scratch));
  BB_ASSERT(scratch.reader.read(event));
  BB_ASSERT(verdict == filter.matches(scratch.reader.view(), scratch));

  // Refused where the limits leave no room for it.
  const auto opposite = Filter::parse("not (" + filter.text() + ")");
  if (!opposite) return;
  const auto opposite_verdict = opposite->matches(event, scratch);
  BB_ASSERT(opposite_verdict.has_value() == verdict.has_value());
  if (verdict) BB_ASSERT(*opposite_verdict != *verdict);
}

}  // namespace

// libFuzzer gives the name.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t separator = input.find(kSeparator);
  if (separator == std::string_view::npos) return -1;  // not worth keeping
  const std::string_view text = input.substr(0, separator);
  const auto filter = Filter::parse(text);
  if (!filter) {
    check_refusal(filter.error());
    return 0;
  }
  BB_ASSERT(filter->text() == text);
  check_verdict(*filter, input.substr(separator + kSeparator.size()));
  return 0;
}
