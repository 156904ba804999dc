#include "bloodbank/uuid.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <span>

#include "base/assert.h"
#include "base/hex.h"
#include "base/random.h"
#include "base/utf8.h"

namespace bb {
namespace {

constexpr std::size_t kTextBytes = 36;
constexpr std::string_view kHexDigits = "0123456789abcdef";

// Where the dashes are, and where the two digits of each byte begin.
constexpr std::array<std::size_t, 4> kDashes{8, 13, 18, 23};
constexpr std::array<std::size_t, 16> kBytePlaces{0,  2,  4,  6,  9,  11, 14, 16,
                                                  19, 21, 24, 26, 28, 30, 32, 34};
// By character; -1 is no digit.
constexpr std::array<std::int8_t, 256> kDigitValues = [] {
  std::array<std::int8_t, 256> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<std::int8_t>(hex_digit_value(static_cast<char>(i)));
  }
  return values;
}();

std::unexpected<Error> not_a_uuid(std::string_view text) {
  return fail(ErrorCode::kUsage,
              fmt::format("'{}' is not a UUID such as 92ac3d31-3cbb-5518-9cc9-eaa1d1198639",
                          printable(text, kTextBytes + 4)));
}

// RFC 9562 §4.1 and §4.2: the variant in two bits and the version in four.
Uuid stamped(std::array<std::uint8_t, 16> bytes, int version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | (version << 4));
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);
  return Uuid(bytes);
}

// The 74 random bits of a version 7 id, as one number that counts up within a
// millisecond (RFC 9562 §6.2, method 2).
struct V7Counter {
  std::uint64_t milliseconds = 0;
  std::uint16_t high = 0;  // 12 bits
  std::uint64_t low = 0;   // 62 bits
  std::uint32_t generation = 0;
  bool used = false;

  void start(std::uint64_t now, std::uint32_t now_generation) {
    milliseconds = now;
    generation = now_generation;
    used = true;
    // The top bit stays free: steps of up to 2^32 then cannot overflow 74 bits
    // within a millisecond.
    high = static_cast<std::uint16_t>(random_u64() & 0x7FF);
    low = random_u64() >> 2;
  }

  void step() {
    // By a random amount, so that one id does not tell the next.
    low += (random_u64() & 0xFFFF'FFFF) + 1;
    if (low >> 62 != 0) {
      low &= (std::uint64_t{1} << 62) - 1;
      ++high;
      BB_ASSERT(high >> 12 == 0);
    }
  }
};

}  // namespace

Result<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != kTextBytes) return not_a_uuid(text);
  bool dashed = true;
  for (const std::size_t place : kDashes) dashed = dashed && text[place] == '-';
  if (!dashed) return not_a_uuid(text);
  std::array<std::uint8_t, 16> bytes;
  int seen = 0;  // below 0: something that is no digit
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = kDigitValues[static_cast<unsigned char>(text[kBytePlaces[i]])];
    const int low = kDigitValues[static_cast<unsigned char>(text[kBytePlaces[i] + 1])];
    seen |= high | low;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (seen < 0) return not_a_uuid(text);
  return Uuid(bytes);
}

Uuid Uuid::v4() {
  std::array<std::uint8_t, 16> bytes;
  fill_random(bytes);
  return stamped(bytes, 4);
}

Uuid Uuid::v5(const Uuid& name_space, std::string_view name) {
  boost::uuids::uuid name_space_id;
  std::copy(name_space.bytes().begin(), name_space.bytes().end(), name_space_id.begin());
  const boost::uuids::uuid id =
      boost::uuids::name_generator_sha1(name_space_id)(name.data(), name.size());
  std::array<std::uint8_t, 16> bytes;
  std::copy(id.begin(), id.end(), bytes.begin());
  return stamped(bytes, 5);
}

Uuid Uuid::v7(std::chrono::system_clock::time_point now) {
  using std::chrono::milliseconds;
  const auto since_epoch = std::chrono::floor<milliseconds>(now).time_since_epoch();
  // The field is unsigned: times before 1970 all count as its start.
  const auto time = static_cast<std::uint64_t>(std::max(since_epoch, milliseconds(0)).count());

  thread_local V7Counter counter;
  const std::uint32_t generation = fork_generation();
  if (counter.used && counter.milliseconds == time && counter.generation == generation) {
    counter.step();
  } else {
    counter.start(time, generation);
  }

  std::array<std::uint8_t, 16> bytes;
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(time >> (40 - 8 * i));
  bytes[6] = static_cast<std::uint8_t>(counter.high >> 8);
  bytes[7] = static_cast<std::uint8_t>(counter.high);
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[8 + i] = static_cast<std::uint8_t>(counter.low >> (56 - 8 * i));
  }
  return stamped(bytes, 7);
}

std::string Uuid::to_string() const {
  std::string text(kTextBytes, '-');
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    text[kBytePlaces[i]] = kHexDigits[bytes_[i] >> 4];
    text[kBytePlaces[i] + 1] = kHexDigits[bytes_[i] & 0xF];
  }
  return text;
}

}  // namespace bb
