#include "schema/keyed_hash.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"

namespace bb::schema {
namespace {

struct Key {
  std::uint64_t state;
  std::uint64_t multiplier;
};

const Key& process_key() {
  static const Key key{random_u64(), random_u64() | 1};
  return key;
}

}  // namespace

KeyedHash::KeyedHash() : state_(process_key().state), multiplier_(process_key().multiplier) {}

void KeyedHash::add(std::string_view bytes) {
  add(std::uint64_t{bytes.size()});
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t taken = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), taken);
    add(word);
    bytes.remove_prefix(taken);
  }
}

}  // namespace bb::schema
