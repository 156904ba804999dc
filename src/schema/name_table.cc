#include "schema/name_table.h"

#include <bit>

#include "schema/json_document.h"

namespace bb::schema {

// At most a quarter full: most names that are looked for and are not there meet an empty slot at
// once.
NameTable::NameTable(std::vector<std::string> names)
    : slots_(std::bit_ceil(names.size() * 4 + 1)),
      mask_(static_cast<std::uint32_t>(slots_.size() - 1)),
      count_(static_cast<std::uint32_t>(names.size())) {
  for (std::uint32_t place = 0; place < names.size(); ++place) {
    const std::string& name = names[place];
    const std::uint16_t hash = hash_name(name);
    std::uint32_t slot = first_slot(name, hash);
    while (slots_[slot].place != kNone) slot = (slot + 1) & mask_;
    slots_[slot] = {.ends = ends_of(name),
                    .place = place,
                    .offset = static_cast<std::uint32_t>(characters_.size()),
                    .size = static_cast<std::uint32_t>(name.size())};
    characters_ += name;
  }
}

}  // namespace bb::schema
