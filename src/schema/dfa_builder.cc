#include "schema/dfa_builder.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "schema/dfa_nfa.h"

namespace bb::schema {
namespace {

using Kind = Nfa::Node::Kind;
using NodeSet = std::vector<std::uint32_t>;  // in order

constexpr std::size_t kNfaNodesMax = 20'000;
// Nodes and edges looked at, each some nanoseconds.
constexpr std::size_t kWorkMax = 500'000;

// What lies on one side of a place in the text.
enum class Side : std::uint8_t { kNothing, kWord, kOther };

bool is_word_byte(std::uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
         (byte >= 'a' && byte <= 'z');
}

// The subset construction. A state of the Dfa is a set of nodes of the Nfa and, if
// the expression looks at it, the side before.
class Determinizer {
 public:
  explicit Determinizer(const Nfa& nfa) : nfa_(nfa), seen_(nfa.nodes.size(), 0) {
    number_columns();
  }

  std::optional<Dfa> build() {
    states_.resize(2);  // kNever and kAlways
    keys_.resize(2);
    const NodeSet start{nfa_.start};
    const std::uint32_t first = state_for({closure(start, Side::kNothing), Side::kNothing});
    for (std::uint32_t i = 2; i < states_.size(); ++i) {
      expand(i);
      if (work_ > kWorkMax || states_.size() > kDfaStatesMax ||
          states_.size() * column_bytes_.size() * sizeof(std::uint32_t) > kDfaTableBytesMax) {
        return std::nullopt;
      }
    }
    return Dfa(states_, first, columns_);
  }

 private:
  using Key = std::pair<NodeSet, Side>;

  void number_columns() {
    std::array<bool, 257> begins{};
    begins[0] = true;
    for (const Nfa::Edge& edge : nfa_.edges) {
      begins[edge.first] = true;
      begins[edge.last + 1U] = true;
    }
    for (unsigned byte = 1; nfa_.has_word_boundary && byte < 256; ++byte) {
      if (is_word_byte(static_cast<std::uint8_t>(byte)) !=
          is_word_byte(static_cast<std::uint8_t>(byte - 1))) {
        begins[byte] = true;
      }
    }
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (begins[byte]) column_bytes_.push_back(static_cast<std::uint8_t>(byte));
      columns_[byte] = static_cast<std::uint8_t>(column_bytes_.size() - 1);
    }
  }

  static bool is_match(const NodeSet& nodes, const Nfa& nfa) {
    return std::ranges::any_of(
        nodes, [&](std::uint32_t node) { return nfa.nodes[node].kind == Kind::kMatch; });
  }

  // All that is reached from `from` without reading, in order. Conditions are passed
  // if `after` is given and they hold; if not, those that may hold later stay.
  NodeSet closure(std::span<const std::uint32_t> from, Side before,
                  std::optional<Side> after = std::nullopt) {
    ++generation_;
    NodeSet result;
    NodeSet open;
    const auto visit = [&](std::uint32_t node) {
      ++work_;
      if (std::exchange(seen_[node], generation_) != generation_) open.push_back(node);
    };
    for (const std::uint32_t node : from) visit(node);
    while (!open.empty()) {
      const std::uint32_t index = open.back();
      open.pop_back();
      const Nfa::Node& node = nfa_.nodes[index];
      switch (node.kind) {
        case Kind::kBytes:
        case Kind::kMatch:
          result.push_back(index);
          break;
        case Kind::kSplit:
          visit(node.a);
          visit(node.b);
          break;
        case Kind::kStart:
          if (before == Side::kNothing) visit(node.a);
          break;
        case Kind::kEnd:
        case Kind::kWordBoundary:
        case Kind::kNotWordBoundary:
          if (!after) {
            result.push_back(index);
          } else if (holds(node.kind, before, *after)) {
            visit(node.a);
          }
          break;
      }
    }
    std::ranges::sort(result);
    return result;
  }

  static bool holds(Kind condition, Side before, Side after) {
    if (condition == Kind::kEnd) return after == Side::kNothing;
    const bool is_boundary = (before == Side::kWord) != (after == Side::kWord);
    return is_boundary == (condition == Kind::kWordBoundary);
  }

  std::uint32_t state_for(Key key) {
    if (key.first.empty()) return Dfa::kNever;
    if (is_match(key.first, nfa_)) return Dfa::kAlways;
    const auto number = static_cast<std::uint32_t>(states_.size());
    const auto [place, is_new] = numbers_.try_emplace(std::move(key), number);
    if (is_new) {
      states_.emplace_back();
      keys_.push_back(&place->first);
    }
    return place->second;
  }

  void expand(std::uint32_t number) {
    const auto& [nodes, before] = *keys_[number];
    const bool has_conditions = std::ranges::any_of(
        nodes, [&](std::uint32_t node) { return nfa_.nodes[node].kind != Kind::kBytes; });
    Dfa::State state;
    state.next.assign(column_bytes_.size(), Dfa::kNever);
    if (!has_conditions) {
      fill(state, nodes, std::nullopt);
    } else {
      state.accepts_at_end = is_match(closure(nodes, before, Side::kNothing), nfa_);
      if (nfa_.has_word_boundary) {
        fill(state, closure(nodes, before, Side::kOther), Side::kOther);
        fill(state, closure(nodes, before, Side::kWord), Side::kWord);
      } else {
        fill(state, closure(nodes, before, Side::kOther), std::nullopt);
      }
    }
    states_[number] = std::move(state);
  }

  // The columns whose bytes are `after` (all, if nothing).
  void fill(Dfa::State& state, const NodeSet& nodes, std::optional<Side> after) {
    const bool matched = is_match(nodes, nfa_);
    std::vector<NodeSet> targets(column_bytes_.size());
    for (const std::uint32_t index : nodes) {
      const Nfa::Node& node = nfa_.nodes[index];
      if (node.kind != Kind::kBytes) continue;
      for (std::uint32_t i = node.a; i < node.b; ++i) {
        const Nfa::Edge& edge = nfa_.edges[i];
        const unsigned last = columns_[edge.last];
        for (unsigned column = columns_[edge.first]; column <= last; ++column) {
          targets[column].push_back(edge.next);
        }
        work_ += 1 + last - columns_[edge.first];
      }
    }
    std::map<std::pair<NodeSet, Side>, std::uint32_t> known;  // columns are often alike
    for (std::size_t column = 0; column < targets.size(); ++column) {
      const Side side = is_word_byte(column_bytes_[column]) ? Side::kWord : Side::kOther;
      if (after && side != *after) continue;
      if (matched) {
        state.next[column] = Dfa::kAlways;
        continue;
      }
      if (targets[column].empty()) continue;
      const Side before = nfa_.has_word_boundary ? side : Side::kOther;
      const auto [place, is_new] = known.try_emplace({targets[column], before}, 0);
      if (is_new) place->second = state_for({closure(targets[column], before), before});
      state.next[column] = place->second;
    }
  }

  const Nfa& nfa_;
  std::array<std::uint8_t, 256> columns_{};
  std::vector<std::uint8_t> column_bytes_;  // the first byte of each column
  std::vector<Dfa::State> states_;
  std::vector<const Key*> keys_;  // by state; the keys of numbers_
  std::map<Key, std::uint32_t> numbers_;
  std::vector<std::uint32_t> seen_;  // by node, the closure that saw it last
  std::uint32_t generation_ = 0;
  std::size_t work_ = 0;
};

}  // namespace

std::optional<Dfa> build_dfa(const Regex& regex) {
  const std::optional<Nfa> nfa = build_nfa(regex, kNfaNodesMax);
  if (!nfa) return std::nullopt;
  return Determinizer(*nfa).build();
}

}  // namespace bb::schema
