// Characters as the bytes of UTF-8, for automata that read bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "schema/ecma_regex_set.h"

namespace bb::schema {

struct ByteRange {
  std::uint8_t first;
  std::uint8_t last;  // inclusive
};

// Characters whose encodings are all combinations of a byte from each range.
struct ByteSequence {
  std::array<ByteRange, 4> bytes;
  std::size_t length;
};

// The set as sequences. Correct for texts that are UTF-8 (RFC 3629): where bytes that
// never occur in such texts make fewer sequences, they are let in.
std::vector<ByteSequence> utf8_sequences(const CodePointSet& set);

}  // namespace bb::schema
