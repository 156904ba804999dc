// Regular expressions as nondeterministic automata over bytes (Thompson's
// construction), the step between the tree and the Dfa.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "schema/ecma_regex.h"

namespace bb::schema {

struct Nfa {
  struct Node {
    enum class Kind : std::uint8_t {
      kBytes,  // edges[a] to edges[b - 1]
      kSplit,  // on to a and to b, reading nothing
      kStart,  // the rest are conditions: on to a if they hold
      kEnd,
      kWordBoundary,
      kNotWordBoundary,
      kMatch,
    };
    Kind kind;
    std::uint32_t a;
    std::uint32_t b;
  };
  struct Edge {
    std::uint8_t first;
    std::uint8_t last;  // inclusive
    std::uint32_t next;
  };

  std::vector<Node> nodes;
  std::vector<Edge> edges;
  std::uint32_t start = 0;
  bool has_word_boundary = false;
};

// The automaton that is at kMatch once the expression has matched anywhere in what was
// read. Nothing if it would have more than `nodes_max` nodes or edges, give or take a
// class of characters. The expression does not backtrack.
std::optional<Nfa> build_nfa(const Regex& regex, std::size_t nodes_max);

// Can it match at the start of the text only?
bool matches_at_start_only(const Regex& regex);

}  // namespace bb::schema
