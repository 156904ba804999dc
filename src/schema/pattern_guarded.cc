#include "schema/pattern_guarded.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "schema/pattern_translation.h"

namespace bb::schema {
namespace {

constexpr std::uint32_t kMatchHeapKib = 16 * 1024;

// Steps of PCRE2's matcher, some ten nanoseconds each. But one step may run through
// the rest of the text: [a-z]* does. Where the text is long enough for that to matter,
// loops and back-references report what they ran through.
constexpr std::size_t kShortTextBytes = 256;
constexpr std::uint32_t kShortTextStepsMax = 2'000'000;
constexpr std::uint32_t kLongTextStepsMax = 8'000'000;
constexpr std::uint64_t kCalloutCost = 16;  // in bytes run through, about a nanosecond each
constexpr std::uint64_t kLongTextCostMax = 100'000'000;

// Groups cost up to four levels in the translation.
constexpr std::uint32_t kNestingMax = 4 * kRegexDepthMax + 16;

struct Meter {
  std::uint64_t cost = 0;
  std::size_t position = 0;
};

// Bytes that a comparison of memory covers in the time of one that a loop runs through.
constexpr std::size_t kComparedBytesPerCost = 16;

// How far a search may go without reporting again, or has gone since its last report.
std::size_t bytes_run_through(const pcre2_callout_block& block, const Meter& meter) {
  const std::size_t position = block.current_position;
  const std::size_t rest = block.subject_length - position;
  const auto* const text = reinterpret_cast<const char*>(block.callout_string);
  std::uint32_t number = 0;
  std::from_chars(text + 1, text + block.callout_string_length, number);
  switch (*text) {
    case kCalloutBeforeLoop:
      return std::min<std::size_t>(number, rest);
    case kCalloutAfterLoop:
      return position > meter.position ? position - meter.position : 0;
    case kCalloutBeforeReference: {
      if (number >= block.capture_top) return 0;
      const PCRE2_SIZE* const ends = block.offset_vector + 2 * std::size_t{number};
      if (ends[0] == PCRE2_UNSET || ends[1] < ends[0] || ends[1] - ends[0] > rest) return 0;
      return (ends[1] - ends[0]) / kComparedBytesPerCost;
    }
    default:
      return 0;
  }
}

int on_callout(pcre2_callout_block* block, void* data) {
  Meter& meter = *static_cast<Meter*>(data);
  meter.cost += kCalloutCost + bytes_run_through(*block, meter);
  meter.position = block->current_position;
  return meter.cost <= kLongTextCostMax ? 0 : PCRE2_ERROR_MATCHLIMIT;
}

PCRE2_SPTR units(std::string_view text) {
  // PCRE2 wants a pointer, even to nothing.
  return reinterpret_cast<PCRE2_SPTR>(text.data() != nullptr ? text.data() : "");
}

}  // namespace

GuardedScratch::GuardedScratch()
    : data_(pcre2_match_data_create(1, nullptr)), context_(pcre2_match_context_create(nullptr)) {
  BB_ASSERT(data_ != nullptr && context_ != nullptr);
  pcre2_set_heap_limit(context_.get(), kMatchHeapKib);
}

Result<GuardedRegex> GuardedRegex::compile(const Regex& regex) {
  struct FreeContext {
    void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
  };
  const std::unique_ptr<pcre2_compile_context, FreeContext> context(
      pcre2_compile_context_create(nullptr));
  BB_ASSERT(context != nullptr);
  pcre2_set_parens_nest_limit(context.get(), kNestingMax);

  const std::string source = translate_for_search(regex);
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(units(source), source.size(),
                          PCRE2_UTF | PCRE2_ANCHORED | PCRE2_MATCH_UNSET_BACKREF, &error, &offset,
                          context.get()));
  if (code) return GuardedRegex(std::move(code));
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return fail(ErrorCode::kFailure, reinterpret_cast<const char*>(text.data()));
}

Pattern::Outcome GuardedRegex::search(std::string_view text, GuardedScratch& scratch) const {
  Meter meter;
  const bool is_long = text.size() > kShortTextBytes;
  pcre2_set_match_limit(scratch.context_.get(), is_long ? kLongTextStepsMax : kShortTextStepsMax);
  pcre2_set_callout(scratch.context_.get(), is_long ? on_callout : nullptr, &meter);
  const int result = pcre2_match(code_.get(), units(text), text.size(), 0, 0, scratch.data_.get(),
                                 scratch.context_.get());
  if (result >= 0) return Pattern::Outcome::kMatch;
  switch (result) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_NOMEMORY:
      return Pattern::Outcome::kTooExpensive;
    default:
      return Pattern::Outcome::kNoMatch;
  }
}

}  // namespace bb::schema
