// A set of names, found by their characters and hash: the properties that a schema knows, the
// strings of an `enum`.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bb::schema {

class NameTable {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  NameTable() = default;
  // `names` differ from each other. Their places in the list are what find() gives.
  explicit NameTable(std::vector<std::string> names);

  // The place of a name, `hash` being hash_name() of it; kNone if it is not there.
  std::uint32_t find(std::string_view name, std::uint16_t hash) const {
    for (std::uint32_t slot = hash & mask_;; slot = (slot + 1) & mask_) {
      const Slot& candidate = slots_[slot];
      if (candidate.place == kNone) return kNone;
      if (candidate.hash == hash && candidate.size == name.size() &&
          same(characters_.data() + candidate.offset, name.data(), name.size())) {
        return candidate.place;
      }
    }
  }

  std::uint32_t size() const { return count_; }

 private:
  struct Slot {
    std::uint32_t place = kNone;
    std::uint32_t offset = 0;  // into characters_
    std::uint32_t size = 0;
    std::uint16_t hash = 0;
  };

  // memcmp() of few bytes, without the call.
  static bool same(const char* a, const char* b, std::size_t size) {
    if (size >= 8 && size <= 16) {
      return load8(a) == load8(b) && load8(a + size - 8) == load8(b + size - 8);
    }
    if (size < 8 && size >= 4) {
      return load4(a) == load4(b) && load4(a + size - 4) == load4(b + size - 4);
    }
    return std::memcmp(a, b, size) == 0;
  }
  static std::uint64_t load8(const char* at) {
    std::uint64_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  static std::uint32_t load4(const char* at) {
    std::uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }

  std::vector<Slot> slots_{1};
  std::uint32_t mask_ = 0;
  std::uint32_t count_ = 0;
  std::string characters_;
};

}  // namespace bb::schema
