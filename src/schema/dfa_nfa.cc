#include "schema/dfa_nfa.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <tuple>

#include "base/assert.h"
#include "schema/dfa_utf8.h"

namespace bb::schema {
namespace {

using NodeKind = Nfa::Node::Kind;
using TreeKind = RegexNode::Kind;

// Built from the end: each piece is given the node that comes behind it.
class Builder {
 public:
  Builder(const Regex& regex, std::size_t nodes_max)
      : regex_(regex), sequences_(regex.classes.size()), work_left_(nodes_max) {}

  std::optional<Nfa> build() {
    nfa_.start = compile(regex_.root, add(NodeKind::kMatch, 0, 0));
    if (!matches_at_start_only(regex_)) {
      const std::uint32_t loop = add(NodeKind::kSplit, nfa_.start, nfa_.start);
      const std::uint32_t skip = compile_skip(loop);
      nfa_.nodes[loop].b = skip;
      nfa_.start = loop;
    }
    if (work_left_ == 0) return std::nullopt;
    return std::move(nfa_);
  }

 private:
  // Also limits what adds no nodes: (?:){1000000}.
  bool spend(std::size_t work) {
    work_left_ -= std::min(work, work_left_);
    return work_left_ > 0;
  }

  std::uint32_t add(NodeKind kind, std::uint32_t a, std::uint32_t b) {
    spend(1);
    nfa_.nodes.push_back({kind, a, b});
    return static_cast<std::uint32_t>(nfa_.nodes.size() - 1);
  }

  std::uint32_t add_bytes(const std::vector<Nfa::Edge>& edges) {
    spend(edges.size());
    const auto begin = static_cast<std::uint32_t>(nfa_.edges.size());
    nfa_.edges.insert(nfa_.edges.end(), edges.begin(), edges.end());
    return add(NodeKind::kBytes, begin, static_cast<std::uint32_t>(nfa_.edges.size()));
  }

  std::uint32_t compile(std::uint32_t tree, std::uint32_t behind) {
    if (!spend(1)) return behind;
    const RegexNode& node = regex_.nodes[tree];
    switch (node.kind) {
      case TreeKind::kEmpty:
        return behind;
      case TreeKind::kClass:
        return compile_class(node.index, behind);
      case TreeKind::kConcat:
        for (const std::uint32_t child : node.children | std::views::reverse) {
          behind = compile(child, behind);
        }
        return behind;
      case TreeKind::kAlternate: {
        std::uint32_t result = compile(node.children.back(), behind);
        for (const std::uint32_t child :
             node.children | std::views::reverse | std::views::drop(1)) {
          result = add(NodeKind::kSplit, compile(child, behind), result);
        }
        return result;
      }
      case TreeKind::kRepeat:
        return compile_repeat(node, behind);
      case TreeKind::kCapture:
        return compile(node.children.front(), behind);
      case TreeKind::kStart:
        return add(NodeKind::kStart, behind, 0);
      case TreeKind::kEnd:
        return add(NodeKind::kEnd, behind, 0);
      case TreeKind::kWordBoundary:
        nfa_.has_word_boundary = true;
        return add(node.negated ? NodeKind::kNotWordBoundary : NodeKind::kWordBoundary, behind, 0);
      case TreeKind::kLook:
      case TreeKind::kBackReference:
        break;
    }
    BB_ASSERT(false);  // an expression that backtracks has no automaton
    return behind;
  }

  std::uint32_t compile_repeat(const RegexNode& node, std::uint32_t behind) {
    const std::uint32_t child = node.children.front();
    std::uint32_t next = behind;
    if (node.max == RegexNode::kUnbounded) {
      next = add(NodeKind::kSplit, behind, behind);
      const std::uint32_t body = compile(child, next);
      nfa_.nodes[next].a = body;
    } else {
      for (std::uint32_t i = node.min; i < node.max && work_left_ > 0; ++i) {
        next = add(NodeKind::kSplit, compile(child, next), behind);
      }
    }
    for (std::uint32_t i = 0; i < node.min && work_left_ > 0; ++i) next = compile(child, next);
    return next;
  }

  // What an unanchored search skips: a character. Or a byte, which makes a smaller
  // automaton: inside a character only what reads nothing can match, and that matches
  // elsewhere too. But not so for \B.
  std::uint32_t compile_skip(std::uint32_t behind) {
    if (!nfa_.has_word_boundary) return add_bytes({{0x00, 0xFF, behind}});
    return compile_sequences(utf8_sequences(CodePointSet({{0, kCodePointMax}})), behind);
  }

  std::uint32_t compile_class(std::uint32_t index, std::uint32_t behind) {
    auto& sequences = sequences_[index];
    if (!sequences) sequences = utf8_sequences(regex_.classes[index].set);
    return compile_sequences(*sequences, behind);
  }

  std::uint32_t compile_sequences(const std::vector<ByteSequence>& sequences,
                                  std::uint32_t behind) {
    // Equal ends of sequences are built once.
    std::map<std::tuple<std::uint8_t, std::uint8_t, std::uint32_t>, std::uint32_t> built;
    std::vector<Nfa::Edge> firsts;
    for (const ByteSequence& sequence : sequences) {
      std::uint32_t next = behind;
      for (std::size_t i = sequence.length - 1; i > 0; --i) {
        const ByteRange range = sequence.bytes[i];
        const auto [place, is_new] = built.try_emplace({range.first, range.last, next}, 0);
        if (is_new) place->second = add_bytes({{range.first, range.last, next}});
        next = place->second;
      }
      firsts.push_back({sequence.bytes[0].first, sequence.bytes[0].last, next});
    }
    return add_bytes(firsts);
  }

  const Regex& regex_;
  std::vector<std::optional<std::vector<ByteSequence>>> sequences_;  // by class
  std::size_t work_left_;
  Nfa nfa_;
};

bool begins_at_start(const Regex& regex, std::uint32_t tree) {
  const RegexNode& node = regex.nodes[tree];
  const auto child_does = [&](std::uint32_t child) { return begins_at_start(regex, child); };
  switch (node.kind) {
    case TreeKind::kStart:
      return true;
    case TreeKind::kConcat:
    case TreeKind::kCapture:
      return child_does(node.children.front());
    case TreeKind::kAlternate:
      return std::ranges::all_of(node.children, child_does);
    case TreeKind::kRepeat:
      return node.min > 0 && child_does(node.children.front());
    default:
      return false;
  }
}

}  // namespace

std::optional<Nfa> build_nfa(const Regex& regex, std::size_t nodes_max) {
  BB_ASSERT(!regex.backtracks);
  return Builder(regex, nodes_max).build();
}

bool matches_at_start_only(const Regex& regex) {
  return begins_at_start(regex, regex.root);
}

}  // namespace bb::schema
