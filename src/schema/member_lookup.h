// The members of one object by name, for those who ask for several.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/json_document.h"

namespace bb::schema {

class MemberLookup {
 public:
  // `json` outlives this. Takes time for large objects only, and then at the first question.
  MemberLookup(const JsonView& json, std::uint32_t object) : json_(json), object_(object) {}

  bool contains(std::string_view name);

 private:
  bool is_named(std::uint32_t node, std::uint16_t hash, std::string_view name);

  const JsonView& json_;
  std::uint32_t object_;
  std::vector<std::pair<std::uint16_t, std::uint32_t>> sorted_;  // hashes and nodes of names
  std::string buffer_;
};

}  // namespace bb::schema
