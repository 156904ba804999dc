#include "schema/pattern_guarded.h"

#include <array>
#include <cstdint>

#include "base/assert.h"

namespace bb::schema {
namespace {

constexpr std::uint32_t kMatchStepsMax = 1'000'000;
constexpr std::uint32_t kMatchHeapKib = 16 * 1024;

}  // namespace

GuardedScratch::GuardedScratch()
    : data_(pcre2_match_data_create(1, nullptr)), context_(pcre2_match_context_create(nullptr)) {
  BB_ASSERT(data_ != nullptr && context_ != nullptr);
  pcre2_set_match_limit(context_.get(), kMatchStepsMax);
  pcre2_set_heap_limit(context_.get(), kMatchHeapKib);
}

Result<GuardedRegex> GuardedRegex::compile(const std::string& pcre2_source) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(pcre2_source.data()), pcre2_source.size(),
      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS,
      &error, &offset, nullptr));
  if (code) return GuardedRegex(std::move(code));
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(error, text.data(), text.size());
  return fail(ErrorCode::kFailure, std::string(reinterpret_cast<const char*>(text.data())) +
                                       " at offset " + std::to_string(offset));
}

Pattern::Outcome GuardedRegex::search(std::string_view utf8, GuardedScratch& scratch) const {
  const int matched = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(utf8.data()),
                                  utf8.size(), 0, 0, scratch.data_.get(), scratch.context_.get());
  if (matched >= 0) return Pattern::Outcome::kMatch;
  if (matched == PCRE2_ERROR_NOMATCH) return Pattern::Outcome::kNoMatch;
  return Pattern::Outcome::kTooExpensive;
}

}  // namespace bb::schema
