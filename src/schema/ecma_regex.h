// ECMA-262 regular expressions (§22.2.1, with the flag `u`) as trees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "schema/ecma_regex_fault.h"
#include "schema/ecma_regex_set.h"

namespace bb::schema {

inline constexpr std::size_t kRegexBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kRegexDepthMax = 250;  // groups within groups

enum class RegexDialect : std::uint8_t {
  kUnicode,  // the grammar with +UnicodeMode, to the letter but for the letters of group names
  kLenient,  // and what Pattern::compile() promises beyond it
};

// \p{...} or \P{...}; `pcre2_name` is what goes between the braces in PCRE2.
struct UnicodeProperty {
  std::string pcre2_name;
  bool negated;
};

// One character out of a class: a literal, an escape, `.` or [...].
struct CharClass {
  CodePointSet set;
  std::vector<UnicodeProperty> properties;  // and these
  bool negated = false;  // of the whole; only with properties, a mere set is complemented
};

struct RegexNode {
  enum class Kind : std::uint8_t {
    kEmpty,
    kClass,          // `index` into Regex::classes
    kConcat,         // children in order
    kAlternate,      // children
    kRepeat,         // one child, min to max times
    kCapture,        // one child, group number `index`, from 1
    kStart,          // ^
    kEnd,            // $
    kWordBoundary,   // \b, or \B if negated
    kLook,           // one child: look-ahead or look-behind
    kBackReference,  // to group number `index`
  };
  static constexpr std::uint32_t kUnbounded = std::numeric_limits<std::uint32_t>::max();

  Kind kind = Kind::kEmpty;
  bool lazy = false;     // kRepeat
  bool negated = false;  // kWordBoundary, kLook
  bool behind = false;   // kLook
  std::uint32_t min = 0;
  std::uint32_t max = 0;  // or kUnbounded
  std::uint32_t index = 0;
  std::vector<std::uint32_t> children;  // into Regex::nodes
};

struct Regex {
  std::vector<RegexNode> nodes;  // children before parents
  std::vector<CharClass> classes;
  std::uint32_t root = 0;
  std::uint32_t captures = 0;
  bool backtracks = false;  // has look-around, back-references or Unicode properties
};

// Errors: the first fault. A tree has at most a node per byte of its source and one,
// and is at most 3 * kRegexDepthMax + 3 deep.
std::expected<Regex, RegexFault> parse_regex(std::string_view source, RegexDialect dialect);

}  // namespace bb::schema
