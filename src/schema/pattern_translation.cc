#include "schema/pattern_translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "schema/dfa_nfa.h"

namespace bb::schema {
namespace {

using Kind = RegexNode::Kind;

// PCRE2 has no larger counts.
constexpr std::uint32_t kPcre2CountMax = 65'535;
// Loops up to here are not worth a callout.
constexpr std::uint32_t kShortLoop = 16;
constexpr std::uint32_t kSplitCountMax = 1'000'000;

class Translator {
 public:
  explicit Translator(const Regex& regex) : regex_(regex) {}

  std::string translate() {
    if (!matches_at_start_only(regex_)) out_ += "(?s:.)*?";
    out_ += "(?:";
    emit(regex_.root);
    out_ += ")";
    return std::move(out_);
  }

 private:
  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void emit(std::uint32_t tree) {
    const RegexNode& node = regex_.nodes[tree];
    switch (node.kind) {
      case Kind::kEmpty:
        break;
      case Kind::kClass:
        emit_class(regex_.classes[node.index]);
        break;
      case Kind::kConcat:
        for (const std::uint32_t child : node.children) {
          const bool is_choice = regex_.nodes[child].kind == Kind::kAlternate;
          if (is_choice) out_ += "(?:";
          emit(child);
          if (is_choice) out_ += ")";
        }
        break;
      case Kind::kAlternate:
        for (const std::uint32_t child : node.children) {
          if (child != node.children.front()) out_ += "|";
          emit(child);
        }
        break;
      case Kind::kRepeat:
        emit_repeat(node);
        break;
      case Kind::kCapture:
        emit_group("(", node);
        break;
      case Kind::kStart:
        out_ += "\\A";
        break;
      case Kind::kEnd:
        out_ += "\\z";
        break;
      case Kind::kWordBoundary:
        out_ += node.negated ? "\\B" : "\\b";
        break;
      case Kind::kLook:
        emit_group(node.behind ? (node.negated ? "(?<!" : "(?<=") : (node.negated ? "(?!" : "(?="),
                   node);
        break;
      case Kind::kBackReference:
        emit_callout(kCalloutBeforeReference, node.index);
        print("\\g{{{}}}", node.index);
        break;
    }
  }

  void emit_group(std::string_view opening, const RegexNode& node) {
    out_ += opening;
    emit(node.children.front());
    out_ += ")";
  }

  void emit_callout(char kind, std::uint32_t number) { print("(?C\"{}{}\")", kind, number); }

  void emit_character(char32_t c) { print("\\x{{{:x}}}", static_cast<std::uint32_t>(c)); }

  void emit_class(const CharClass& char_class) {
    const auto ranges = char_class.set.ranges();
    const bool is_plain = char_class.properties.empty();
    if (is_plain && ranges.size() == 1 && ranges[0].first == ranges[0].last) {
      return emit_character(ranges[0].first);
    }
    if (is_plain && ranges.empty()) {
      out_ += "[^\\x{0}-\\x{10ffff}]";
      return;
    }
    out_ += char_class.negated ? "[^" : "[";
    for (const CodePointRange& range : ranges) {
      emit_character(range.first);
      out_ += "-";
      emit_character(range.last);
    }
    for (const UnicodeProperty& property : char_class.properties) {
      print("\\{}{{{}}}", property.negated ? 'P' : 'p', property.pcre2_name);
    }
    out_ += "]";
  }

  void emit_repeat(const RegexNode& node) {
    const bool varies = node.min != node.max;
    const bool is_measured = node.max > kShortLoop;
    if (is_measured) emit_callout(kCalloutBeforeLoop, node.min);
    std::uint32_t min = node.min;
    std::uint32_t max = node.max;
    // One character may be repeated in several loops; a group may not, for its number.
    const bool is_class = regex_.nodes[node.children.front()].kind == Kind::kClass;
    const bool is_split = is_class && std::max(min, varies ? max : min) > kPcre2CountMax &&
                          (max == RegexNode::kUnbounded ? min : max) <= kSplitCountMax;
    while (is_split &&
           (min > kPcre2CountMax || (max != RegexNode::kUnbounded && max > kPcre2CountMax))) {
      const std::uint32_t step_min = std::min(min, kPcre2CountMax);
      emit_loop(node, step_min, kPcre2CountMax);
      min -= step_min;
      if (max != RegexNode::kUnbounded) max -= kPcre2CountMax;
    }
    emit_loop(node, min, max);
    if (is_measured) emit_callout(kCalloutAfterLoop, 0);
  }

  void emit_loop(const RegexNode& node, std::uint32_t min, std::uint32_t max) {
    const std::uint32_t child = node.children.front();
    const Kind kind = regex_.nodes[child].kind;
    if (kind == Kind::kClass || kind == Kind::kCapture) {
      emit(child);
    } else {
      emit_group("(?:", node);
    }
    if (max == RegexNode::kUnbounded) {
      print("{{{},}}", min);
    } else {
      print("{{{},{}}}", min, max);
    }
    if (node.lazy) out_ += "?";
  }

  const Regex& regex_;
  std::string out_;
};

}  // namespace

std::string translate_for_search(const Regex& regex) {
  return Translator(regex).translate();
}

}  // namespace bb::schema
