// The fields of an object that this version does not know: kept, and passed on.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "event/json_cursor.h"
#include "event/structural_errors.h"

namespace bb::event {

// A field's name as its characters, for comparing and for pointers. Half a surrogate
// pair, which has no UTF-8, leaves the name as it was written.
struct FieldName {
  explicit FieldName(std::string_view escaped);

  std::string characters;  // equal exactly where the names are equal
  std::string shown;       // UTF-8
};

class UnknownFieldReader {
 public:
  // True for the first field of a name; an error for every further one.
  bool claim(const FieldName& name, std::string_view parent_pointer, StructuralErrors& errors);
  void keep(const JsonMember& member) { fields_.emplace_back(member.name, member.value); }

  UnknownFields take() { return std::move(fields_); }

 private:
  UnknownFields fields_;
  std::set<std::string> names_;
};

// What is wrong with fields put together in memory, to be written behind those of
// the `known` names, with `depth_around` arrays and objects around their values.
void check_unknown_fields(const UnknownFields& fields, std::span<const std::string_view> known,
                          std::size_t depth_around, std::string_view parent_pointer,
                          StructuralErrors& errors);

// Appends each as `,"name":value`.
void append_unknown_fields(std::string& out, const UnknownFields& fields);

}  // namespace bb::event
