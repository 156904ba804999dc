// CRC-32C (Castagnoli): the checksum of records on disk, as in RFC 3720 §B.4.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace bb {

// The checksum of `bytes`. To go on from a checksum `before` of what comes just
// in front of them, pass it: crc32c(b, crc32c(a)) is that of a followed by b.
// Uses the processor's instruction where there is one. Thread-safe.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0);

// The same from a table, for processors without the instruction.
std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t before = 0);

}  // namespace bb
