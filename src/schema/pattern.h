// The `pattern` and `patternProperties` keywords: an ECMA-262 regular expression
// (§22.2, with the `u` flag), searched for anywhere in a text (JSON Schema 2020-12
// validation §6.3.3; core §6.4).
//
// What a finite automaton can decide is decided by one: in time linear in the text,
// whatever the pattern. Look-around, back-references, Unicode properties and patterns
// whose automaton would be too large run on PCRE2, which backtracks, so its steps are
// counted and a search that needs too many is given up. Departures from ECMA-262 on
// that path: a look-behind needs alternatives of fixed length each, and a group keeps
// its capture when the loop around it starts another round.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "schema/ecma_regex_fault.h"

namespace bb::schema {

class Dfa;
class GuardedRegex;
class GuardedScratch;

// The memory that searches work in; one per thread, for any number of patterns. It
// allocates when a pattern first needs it, and then no more.
class PatternScratch {
 public:
  PatternScratch();
  PatternScratch(PatternScratch&&) noexcept;
  PatternScratch& operator=(PatternScratch&&) noexcept;
  ~PatternScratch();

 private:
  friend class Pattern;

  std::unique_ptr<GuardedScratch> guarded_;
};

// A compiled pattern. Never changes: any number of threads may search at once, each
// with its own scratch. After a move, the source may only be assigned to or destroyed.
class Pattern {
 public:
  enum class Outcome : std::uint8_t {
    kNoMatch,
    kMatch,
    kTooExpensive,  // given up after about a tenth of a second, or for want of memory
  };

  // Accepts what find_regex_fault() accepts, and what browsers accept without the `u`
  // flag (ECMA-262 Annex B.1.2) where it is harmless and found in schemas: `\-` and
  // other needless escapes of punctuation, braces and brackets that stand alone, and a
  // class such as [\w-.].
  // Errors: kFailure for all else, with the place in bytes in the message.
  static Result<Pattern> compile(std::string_view ecma_source);

  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  // Does the pattern match anywhere in the text, which must be UTF-8? (Other bytes are
  // safe; the answer then means nothing.)
  Outcome search(std::string_view utf8, PatternScratch& scratch) const;

  const std::string& source() const { return source_; }

  // Does a finite automaton decide? Then search() never answers kTooExpensive.
  bool is_linear() const { return dfa_ != nullptr; }

 private:
  explicit Pattern(std::string source);

  std::string source_;
  std::unique_ptr<const Dfa> dfa_;
  std::unique_ptr<const GuardedRegex> guarded_;  // set if dfa_ is not
};

// For the format "regex": the first fault of a text as an ECMA-262 regular expression
// with the `u` flag and without the leniency of Annex B; nothing if it is one.
std::optional<RegexFault> find_regex_fault(std::string_view ecma_source);

}  // namespace bb::schema
