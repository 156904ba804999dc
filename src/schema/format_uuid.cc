#include "schema/format_uuid.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

// Uuid::parse() answers the same question, but it also converts, and its error
// message allocates. Every event has several of these, so the digits are checked
// eight at a time.

namespace bb::schema {
namespace {

constexpr std::size_t kTextBytes = 36;
constexpr std::uint64_t kEachByte = 0x0101'0101'0101'0101;
constexpr std::uint64_t kTopBits = 0x80 * kEachByte;

std::uint64_t load(const char* at, std::size_t bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, bytes);
  return word;
}

// Sets the top bit of each byte that lies in [low, high]; the bytes of `word` are
// below 0x80, so that no sum carries into the next byte.
std::uint64_t in_range(std::uint64_t word, std::uint64_t low, std::uint64_t high) {
  const std::uint64_t at_least_low = word + (0x80 - low) * kEachByte;
  const std::uint64_t above_high = word + (0x7F - high) * kEachByte;
  return at_least_low & ~above_high & kTopBits;
}

// Sets the top bit of each byte that is a hexadecimal digit, for ASCII.
std::uint64_t hex_digits(std::uint64_t word) {
  const std::uint64_t small_letters = word | 0x20 * kEachByte;
  return in_range(word, '0', '9') | in_range(small_letters, 'a', 'f');
}

}  // namespace

bool is_uuid(std::string_view text) {
  if (text.size() != kTextBytes) return false;
  const char* const at = text.data();
  if (at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-') return false;
  const std::uint64_t words[] = {load(at, 8), load(at + 9, 4) | load(at + 14, 4) << 32,
                                 load(at + 19, 4) | load(at + 24, 4) << 32, load(at + 28, 8)};
  if (((words[0] | words[1] | words[2] | words[3]) & kTopBits) != 0) return false;
  return (hex_digits(words[0]) & hex_digits(words[1]) & hex_digits(words[2]) &
          hex_digits(words[3])) == kTopBits;
}

}  // namespace bb::schema
