// Sets of characters by code point, as regular expressions use them.
#pragma once

#include <span>
#include <vector>

namespace bb::schema {

inline constexpr char32_t kCodePointMax = 0x10FFFF;

struct CodePointRange {
  char32_t first;
  char32_t last;  // inclusive

  friend bool operator==(const CodePointRange&, const CodePointRange&) = default;
};

// Kept in order and without overlaps. Surrogates (U+D800 to U+DFFF) occur in no
// text, so a range may run across them but none begins or ends there.
class CodePointSet {
 public:
  CodePointSet() = default;
  // Any order, overlaps allowed.
  explicit CodePointSet(std::vector<CodePointRange> ranges);

  std::span<const CodePointRange> ranges() const { return ranges_; }
  bool empty() const { return ranges_.empty(); }
  CodePointSet complement() const;

  friend bool operator==(const CodePointSet&, const CodePointSet&) = default;

 private:
  std::vector<CodePointRange> ranges_;
};

// \d, \w, \s and `.` of ECMA-262 §22.2.2.9 and §22.2.2.7 without flags i, m and s.
const CodePointSet& digit_characters();
const CodePointSet& word_characters();
const CodePointSet& space_characters();
const CodePointSet& dot_characters();

}  // namespace bb::schema
