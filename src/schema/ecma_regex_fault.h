// What is wrong with a regular expression, and where.
#pragma once

#include <cstddef>
#include <string>

namespace bb::schema {

struct RegexFault {
  std::size_t offset;  // bytes from the start of the expression
  std::string reason;  // one line
};

}  // namespace bb::schema
