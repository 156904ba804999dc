// Conditions on events, as users write them: `payload.confidence > 0.8 and source.host == 'desk'`.
//
// docs/filter.md is the manual of the language. A filter is data: it reads one event, and says yes
// or no; it can call, change and keep nothing.
//
//   BB_TRY_ASSIGN(const auto filter, Filter::parse(where));
//   FilterScratch scratch;  // one per thread
//   BB_TRY_ASSIGN(const bool chosen, filter.matches(event, scratch));
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "schema/json_document.h"
#include "schema/json_equal.h"
#include "schema/pattern.h"

namespace bb::filter {

inline constexpr std::size_t kFilterBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kFilterDepthMax = 64;           // parentheses within parentheses
inline constexpr std::size_t kFilterListElementsMax = 1024;  // of one list
// Each may take half a megabyte, and a tenth of a second of an evaluation.
inline constexpr std::size_t kFilterPatternsMax = 32;

struct Program;

// The memory that evaluations work in: one per thread, for any number of filters. It allocates for
// events that need more than any before, and then no more.
struct FilterScratch {
  schema::JsonReader reader;
  std::vector<std::uint32_t> places;  // in the event, of each path of the filter
  std::string left;                   // the characters of strings with escapes
  std::string right;
  schema::EqualityScratch equality;
  schema::PatternScratch patterns;
};

// A parsed filter: immutable, cheap to copy, used by any number of threads at a time. After a move,
// the source may only be assigned to or destroyed.
class Filter {
 public:
  // Errors: kUsage; the message is one line with the place ("filter, column 20: ..."; columns count
  // characters from 1, lines are told where there are several), what is wrong there and what would
  // be right.
  static Result<Filter> parse(std::string_view text);

  // Whether the filter chooses `event`, the JSON text of an envelope, which outlives the call
  // only. Any JSON is taken: what is not there is missing (docs/filter.md says what that means).
  // Takes time in proportion to the size of the filter times that of the event, patterns aside.
  // Errors: kInvalidJson with the place; kFailure where a pattern of `matches` was given up because
  // it takes too long on this event (schema::Pattern::Outcome::kTooExpensive).
  Result<bool> matches(std::string_view event, FilterScratch& scratch) const;

  // The same for an event that was read already, perhaps by scratch.reader; never kInvalidJson.
  Result<bool> matches(const schema::JsonView& event, FilterScratch& scratch) const;

  // As it was parsed.
  const std::string& text() const;

 private:
  explicit Filter(std::shared_ptr<const Program> program);

  std::shared_ptr<const Program> program_;
};

}  // namespace bb::filter
