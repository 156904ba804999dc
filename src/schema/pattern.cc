#include "schema/pattern.h"

#include <utility>

#include "base/utf8.h"
#include "schema/dfa_builder.h"
#include "schema/ecma_regex.h"
#include "schema/pattern_guarded.h"

namespace bb::schema {
namespace {

std::string describe(std::string_view source) {
  return "the regular expression '" + printable(source, 80) + "'";
}

}  // namespace

PatternScratch::PatternScratch() = default;
PatternScratch::PatternScratch(PatternScratch&&) noexcept = default;
PatternScratch& PatternScratch::operator=(PatternScratch&&) noexcept = default;
PatternScratch::~PatternScratch() = default;

Pattern::Pattern(std::string source) : source_(std::move(source)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view ecma_source) {
  const auto regex = parse_regex(ecma_source, RegexDialect::kLenient);
  if (!regex) {
    return fail(ErrorCode::kFailure, describe(ecma_source) + ": " + regex.error().reason +
                                         " (at byte " + std::to_string(regex.error().offset) + ")");
  }
  Pattern pattern{std::string(ecma_source)};
  if (!regex->backtracks) {
    if (auto dfa = build_dfa(*regex)) {
      pattern.dfa_ = std::make_unique<const Dfa>(*std::move(dfa));
      return pattern;
    }
  }
  auto guarded = GuardedRegex::compile(*regex);
  if (!guarded) {
    return fail(guarded.error().code,
                describe(ecma_source) + " is not supported: " + guarded.error().message);
  }
  pattern.guarded_ = std::make_unique<const GuardedRegex>(*std::move(guarded));
  return pattern;
}

Pattern::Outcome Pattern::search(std::string_view utf8, PatternScratch& scratch) const {
  if (dfa_) return dfa_->search(utf8) ? Outcome::kMatch : Outcome::kNoMatch;
  if (!scratch.guarded_) scratch.guarded_ = std::make_unique<GuardedScratch>();
  return guarded_->search(utf8, *scratch.guarded_);
}

std::optional<RegexFault> find_regex_fault(std::string_view ecma_source) {
  auto regex = parse_regex(ecma_source, RegexDialect::kUnicode);
  if (regex) return std::nullopt;
  return std::move(regex).error();
}

}  // namespace bb::schema
