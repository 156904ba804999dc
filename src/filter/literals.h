// The literals of a filter, gathered into one JSON document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "filter/program.h"

namespace bb::filter {

class Literals {
 public:
  // `json` is a JSON value. The operand names it by its ordinal until move_to().
  Operand add(std::string_view json);

  // Gives them to the program, whose conditions then name them by their nodes. At most once.
  void move_to(Program& program);

 private:
  std::string text_ = "[";
  std::uint32_t count_ = 0;
};

}  // namespace bb::filter
