// A filter made ready to be evaluated: conditions, and instructions that say which of them are
// tested in which order. Never changes once the parser has made it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "filter/path.h"
#include "schema/json_document.h"
#include "schema/pattern.h"

namespace bb::filter {

// The others are made of these: a != b is not a == b, a > b is b < a, `a in b` is `b contains a`.
enum class Operator : std::uint8_t {
  kIsTrue,  // of the left operand alone, as kExists
  kExists,
  kEqual,
  kLess,
  kLessOrEqual,
  kContains,
  kStartsWith,
  kEndsWith,
  kMatches,  // the right operand is a pattern
};

struct Operand {
  enum class Kind : std::uint8_t {
    kNone,
    kPath,     // `index` into Program::paths
    kLiteral,  // `index` of the node in Program::literals
    kPattern,  // `index` into Program::patterns
  };
  Kind kind = Kind::kNone;
  std::uint32_t index = 0;
};

struct Condition {
  Operator op;
  Operand left;
  Operand right{};
};

// There is one verdict, which each test replaces, and which is the answer at the end. So `a and b`
// is: test a; skip to the end unless that was true; test b. Skips lead forward only, hence an
// evaluation takes no more steps than there are instructions, and needs no stack.
struct Instruction {
  enum class Code : std::uint8_t {
    kTest,         // conditions[argument]
    kNegate,       // the verdict
    kSkipIfTrue,   // on to instructions[argument], or to the end if that is their number
    kSkipIfFalse,  // the same
  };
  Code code;
  std::uint32_t argument = 0;
};

struct Program {
  std::string text;         // of the filter
  std::vector<Path> paths;  // each once
  // An array of the literals. That makes them JSON values like those of events, and a comparison
  // need not know which is which.
  std::unique_ptr<const schema::JsonDocument> literals;
  std::vector<schema::Pattern> patterns;
  std::vector<Condition> conditions;
  std::vector<Instruction> instructions;  // no skip comes first
};

}  // namespace bb::filter
