// A finite automaton over bytes: does a text match? Layout: one row of 32-bit entries
// per state and one column per class of bytes that no state tells apart. A state is
// the offset of its row, and rows are in order of what they mean, so that a single
// comparison per byte sees that the answer is known.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace bb::schema {

// Immutable; any number of threads may search at once.
class Dfa {
 public:
  // One state of an automaton before it is laid out.
  struct State {
    std::vector<std::uint32_t> next;  // by column; indices of states
    bool accepts_at_end = false;
  };
  // States every automaton has, and which have no transitions of their own.
  static constexpr std::uint32_t kNever = 0;   // no continuation of the text matches
  static constexpr std::uint32_t kAlways = 1;  // the text matches, however it continues

  // states[0] and states[1] are kNever and kAlways; columns[byte] is the byte's column.
  // States that amount to one of those two are found and replaced by them.
  Dfa(std::span<const State> states, std::uint32_t start,
      const std::array<std::uint8_t, 256>& columns);

  // Linear in the text at worst; allocates nothing.
  bool search(std::string_view text) const {
    std::uint32_t state = start_;
    if (state < first_undecided_) return state != kNever;
    const std::uint32_t* const table = table_.data();
    const std::uint8_t* const columns = columns_.data();
    for (const char c : text) {
      state = table[state + columns[static_cast<unsigned char>(c)]];
      if (state < first_undecided_) return state != kNever;
    }
    return state >= first_accepting_;
  }

  std::size_t state_count() const { return state_count_; }
  std::size_t table_bytes() const { return table_.size() * sizeof(table_[0]); }

 private:
  std::uint32_t start_ = 0;            // the offset of a row, as are the next two
  std::uint32_t first_undecided_ = 0;  // below it, the rows of kNever and kAlways
  std::uint32_t first_accepting_ = 0;  // from it on, rows that match if the text ends
  std::size_t state_count_ = 0;
  std::vector<std::uint32_t> table_;
  std::array<std::uint8_t, 256> columns_{};
};

}  // namespace bb::schema
