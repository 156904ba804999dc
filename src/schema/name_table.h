// A set of names, found by their characters and hash: the properties that a schema knows, the
// strings of an `enum`.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
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
    const Ends ends = ends_of(name);
    for (std::uint32_t slot = first_slot(name, hash);; slot = (slot + 1) & mask_) {
      const Slot& candidate = slots_[slot];
      if (candidate.place == kNone) return kNone;
      // Up to 16 bytes the ends are all of it.
      if (candidate.ends == ends && candidate.size == name.size() &&
          (name.size() <= 16 ||
           std::memcmp(characters_.data() + candidate.offset, name.data(), name.size()) == 0)) {
        return candidate.place;
      }
    }
  }

  std::uint32_t size() const { return count_; }

 private:
  // The first and the last bytes of a name, eight each where it has as many.
  struct Ends {
    std::uint64_t head = 0;
    std::uint64_t tail = 0;

    friend bool operator==(const Ends&, const Ends&) = default;
  };

  // The hash that comes with a name has 16 bits, too few for thousands of names.
  static constexpr std::size_t kNamesByShortHashMax = 4096;
  std::uint32_t first_slot(std::string_view name, std::uint16_t hash) const {
    if (count_ <= kNamesByShortHashMax) [[likely]]
      return hash & mask_;
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name)) & mask_;
  }

  struct Slot {
    Ends ends;
    std::uint32_t place = kNone;
    std::uint32_t offset = 0;  // into characters_
    std::uint32_t size = 0;
  };

  static Ends ends_of(std::string_view name) {
    const char* const at = name.data();
    const std::size_t size = name.size();
    if (size >= 8) return {load<std::uint64_t>(at), load<std::uint64_t>(at + size - 8)};
    if (size >= 4) return {load<std::uint32_t>(at), load<std::uint32_t>(at + size - 4)};
    if (size == 0) return {};
    return {static_cast<unsigned char>(at[0]) |
                static_cast<std::uint64_t>(static_cast<unsigned char>(at[size / 2])) << 8,
            static_cast<unsigned char>(at[size - 1])};
  }

  template <class T>
  static T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }

  std::vector<Slot> slots_{1};
  std::uint32_t mask_ = 0;
  std::uint32_t count_ = 0;
  std::string characters_;
};

}  // namespace bb::schema
