// Runs a program over a text that was read: a verdict and nothing else, as fast as can be.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "schema/json_document.h"
#include "schema/json_equal.h"
#include "schema/pattern.h"
#include "schema/program.h"

namespace bb::schema {

enum class Verdict : std::uint8_t {
  kValid,
  kInvalid,
  kEndless,       // the schema refers to itself without end
  kTooExpensive,  // a pattern was given up
  kTooComplex,    // alternatives multiply, and remembering verdicts was not enough
};

// Memory of one thread's evaluations, kept to be used again: no allocation once it has grown.
struct EvaluationScratch {
  EvaluationScratch() { record.reserve(64); }

  std::string name;  // characters of names and strings with escapes
  std::string string;
  PatternScratch pattern;
  EqualityScratch equality;
  std::vector<ResourceIndex> scope;   // the dynamic scope, outermost first
  std::vector<std::uint64_t> record;  // bits of what was evaluated, record upon record
  // Verdicts of blocks by block and value, for a text that has taken suspiciously many steps:
  // alternatives that each lead to the same values would double the work at every level.
  boost::unordered_flat_map<std::uint64_t, bool> remembered;
};

// Needs up to 4 MiB of stack.
Verdict evaluate(const Program& program, const JsonView& json, EvaluationScratch& scratch);

}  // namespace bb::schema
