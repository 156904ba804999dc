#include "schema/ecma_regex_set.h"

#include <algorithm>
#include <utility>

namespace bb::schema {
namespace {

constexpr char32_t kSurrogateFirst = 0xD800;
constexpr char32_t kSurrogateLast = 0xDFFF;

bool is_surrogate(char32_t code_point) {
  return code_point >= kSurrogateFirst && code_point <= kSurrogateLast;
}

}  // namespace

CodePointSet::CodePointSet(std::vector<CodePointRange> ranges) {
  std::ranges::sort(ranges, {}, &CodePointRange::first);
  for (CodePointRange range : ranges) {
    if (is_surrogate(range.first)) range.first = kSurrogateLast + 1;
    if (is_surrogate(range.last)) range.last = kSurrogateFirst - 1;
    if (range.first > range.last) continue;
    // What only surrogates separate is one range: the automaton gets smaller.
    char32_t joinable = range.first;
    if (joinable == kSurrogateLast + 1) joinable = kSurrogateFirst;
    if (!ranges_.empty() && ranges_.back().last + 1 >= joinable) {
      ranges_.back().last = std::max(ranges_.back().last, range.last);
    } else {
      ranges_.push_back(range);
    }
  }
}

CodePointSet CodePointSet::complement() const {
  std::vector<CodePointRange> gaps;
  char32_t next = 0;
  for (const CodePointRange& range : ranges_) {
    if (range.first > next) gaps.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kCodePointMax) gaps.push_back({next, kCodePointMax});
  return CodePointSet(std::move(gaps));
}

const CodePointSet& digit_characters() {
  static const CodePointSet set({{'0', '9'}});
  return set;
}

const CodePointSet& word_characters() {
  static const CodePointSet set({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}});
  return set;
}

const CodePointSet& space_characters() {
  // WhiteSpace (§12.2, with the category Zs of Unicode 15) and LineTerminator (§12.3).
  static const CodePointSet set({{0x09, 0x0D},
                                 {0x20, 0x20},
                                 {0xA0, 0xA0},
                                 {0x1680, 0x1680},
                                 {0x2000, 0x200A},
                                 {0x2028, 0x2029},
                                 {0x202F, 0x202F},
                                 {0x205F, 0x205F},
                                 {0x3000, 0x3000},
                                 {0xFEFF, 0xFEFF}});
  return set;
}

const CodePointSet& dot_characters() {
  static const CodePointSet set =
      CodePointSet({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}).complement();
  return set;
}

}  // namespace bb::schema
