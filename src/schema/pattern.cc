#include "schema/pattern.h"

#include <utility>

#include "base/try.h"
#include "schema/dfa.h"
#include "schema/pattern_guarded.h"

namespace bb::schema {

PatternScratch::PatternScratch() = default;
PatternScratch::PatternScratch(PatternScratch&&) noexcept = default;
PatternScratch& PatternScratch::operator=(PatternScratch&&) noexcept = default;
PatternScratch::~PatternScratch() = default;

Pattern::Pattern(std::string source) : source_(std::move(source)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view ecma_source) {
  Pattern pattern{std::string(ecma_source)};
  BB_TRY_ASSIGN(auto guarded, GuardedRegex::compile(pattern.source_));
  pattern.guarded_ = std::make_unique<const GuardedRegex>(std::move(guarded));
  return pattern;
}

Pattern::Outcome Pattern::search(std::string_view utf8, PatternScratch& scratch) const {
  if (!scratch.guarded_) scratch.guarded_ = std::make_unique<GuardedScratch>();
  return guarded_->search(utf8, *scratch.guarded_);
}

std::optional<RegexFault> find_regex_fault(std::string_view ecma_source) {
  const auto compiled = GuardedRegex::compile(std::string(ecma_source));
  if (compiled) return std::nullopt;
  return RegexFault{0, compiled.error().message};
}

}  // namespace bb::schema
