#include "schema/dfa_utf8.h"

#include <algorithm>
#include <span>

namespace bb::schema {
namespace {

constexpr unsigned kBitsPerByte = 6;  // in all bytes but the first

// The characters of one length. `first` and `last` are as low and as high as the
// form of the encoding goes, not UTF-8, so that [first, last] of a whole length is
// one sequence: E0 80 80 cannot occur, and so it does no harm.
struct Length {
  std::size_t bytes;
  std::uint8_t lead;
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t first_possible;
  std::uint32_t last_possible;
};

constexpr Length kLengths[] = {
    {1, 0x00, 0x00, 0x7F, 0x00, 0x7F},
    {2, 0xC0, 0x80, 0x7FF, 0x00, 0x7FF},
    {3, 0xE0, 0x800, 0xFFFF, 0x0000, 0xFFFF},
    {4, 0xF0, 0x10000, kCodePointMax, 0x0000, 0x1FFFFF},
};

std::uint8_t byte_at(const Length& length, std::uint32_t value, std::size_t index) {
  const std::uint32_t bits =
      value >> (kBitsPerByte * static_cast<unsigned>(length.bytes - 1 - index));
  return static_cast<std::uint8_t>(index == 0 ? length.lead | bits : 0x80 | (bits & 0x3F));
}

// Splits until all trailing bytes of a piece run over their full range or are constant.
void append(const Length& length, std::uint32_t first, std::uint32_t last,
            std::vector<ByteSequence>& out) {
  for (unsigned trailing = 1; trailing < length.bytes; ++trailing) {
    const std::uint32_t mask = (1U << (kBitsPerByte * trailing)) - 1;
    if ((first & ~mask) == (last & ~mask)) continue;
    if ((first & mask) != 0) {
      append(length, first, first | mask, out);
      append(length, (first | mask) + 1, last, out);
      return;
    }
    if ((last & mask) != mask) {
      append(length, first, (last & ~mask) - 1, out);
      append(length, last & ~mask, last, out);
      return;
    }
  }
  ByteSequence sequence{.bytes = {}, .length = length.bytes};
  for (std::size_t i = 0; i < length.bytes; ++i) {
    sequence.bytes[i] = {byte_at(length, first, i), byte_at(length, last, i)};
  }
  out.push_back(sequence);
}

}  // namespace

std::vector<ByteSequence> utf8_sequences(const CodePointSet& set) {
  std::vector<ByteSequence> sequences;
  for (const CodePointRange& range : set.ranges()) {
    for (const Length& length : kLengths) {
      std::uint32_t first = std::max<std::uint32_t>(range.first, length.first);
      std::uint32_t last = std::min<std::uint32_t>(range.last, length.last);
      if (first > last) continue;
      if (first == length.first) first = length.first_possible;
      if (last == length.last) last = length.last_possible;
      append(length, first, last, sequences);
    }
  }
  return sequences;
}

}  // namespace bb::schema
