#include "schema/ecma_regex.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/try.h"
#include "base/utf8.h"
#include "schema/ecma_regex_reader.h"

namespace bb::schema {
namespace {

using Kind = RegexNode::Kind;
using Parsed = std::expected<std::uint32_t, RegexFault>;  // the number of a node

// By whether they look behind, and whether they negate.
constexpr std::string_view kLookOpenings[2][2] = {{"(?=", "(?!"}, {"(?<=", "(?<!"}};

bool is_name_character(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || c >= 0x80;
}

class Parser {
 public:
  Parser(std::string_view source, RegexDialect dialect) : in_(source, dialect) {}

  std::expected<Regex, RegexFault> parse() {
    BB_TRY_ASSIGN(regex_.root, take_disjunction());
    if (!in_.at_end()) return in_.fault("')' without '('");
    BB_TRY(resolve_references());
    return std::move(regex_);
  }

 private:
  struct Reference {
    std::uint32_t node;
    std::size_t offset;
    std::string name;  // or, if empty, the node has the number
  };

  std::uint32_t add(RegexNode node) {
    regex_.nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(regex_.nodes.size() - 1);
  }
  std::uint32_t add(Kind kind) { return add(RegexNode{.kind = kind, .children = {}}); }
  std::uint32_t add(CharClass char_class) {
    if (!char_class.properties.empty()) regex_.backtracks = true;
    regex_.classes.push_back(std::move(char_class));
    return add(RegexNode{.kind = Kind::kClass,
                         .index = static_cast<std::uint32_t>(regex_.classes.size() - 1),
                         .children = {}});
  }
  // One child stands for itself.
  std::uint32_t add(Kind kind, std::vector<std::uint32_t> children) {
    if (children.empty()) return add(Kind::kEmpty);
    if (children.size() == 1) return children.front();
    return add(RegexNode{.kind = kind, .children = std::move(children)});
  }

  Parsed take_disjunction() {
    std::vector<std::uint32_t> alternatives;
    do {
      BB_TRY_ASSIGN(const std::uint32_t alternative, take_alternative());
      alternatives.push_back(alternative);
    } while (in_.skip("|"));
    return add(Kind::kAlternate, std::move(alternatives));
  }

  Parsed take_alternative() {
    std::vector<std::uint32_t> terms;
    while (!in_.at_end() && in_.peek() != '|' && in_.peek() != ')') {
      BB_TRY_ASSIGN(const std::uint32_t term, take_term());
      terms.push_back(term);
    }
    return add(Kind::kConcat, std::move(terms));
  }

  Parsed take_term() {
    if (in_.skip("^")) return add(Kind::kStart);
    if (in_.skip("$")) return add(Kind::kEnd);
    if (in_.skip("\\b")) return add(Kind::kWordBoundary);
    if (in_.skip("\\B")) {
      return add(RegexNode{.kind = Kind::kWordBoundary, .negated = true, .children = {}});
    }
    const std::size_t start = in_.offset();
    for (const bool behind : {false, true}) {
      for (const bool negated : {false, true}) {
        if (!in_.skip(kLookOpenings[behind][negated])) continue;
        BB_TRY_ASSIGN(const std::uint32_t body, take_group_body(start));
        regex_.backtracks = true;
        return add(RegexNode{
            .kind = Kind::kLook, .negated = negated, .behind = behind, .children = {body}});
      }
    }
    BB_TRY_ASSIGN(const std::uint32_t atom, take_atom());
    return take_quantifier(atom);
  }

  Parsed take_atom() {
    const std::size_t start = in_.offset();
    switch (in_.peek()) {
      case '.': {
        in_.skip(".");
        return add(CharClass{.set = dot_characters(), .properties = {}, .negated = false});
      }
      case '[': {
        BB_TRY_ASSIGN(CharClass char_class, in_.take_class());
        return add(std::move(char_class));
      }
      case '\\':
        return take_atom_escape();
      case '(':
        return take_group();
      case '*':
      case '+':
      case '?':
        return in_.fault("nothing to repeat");
      case '{': {
        if (!in_.lenient()) return in_.fault("'{' without anything to repeat");
        BB_TRY_ASSIGN(const auto counts, take_counts());
        if (counts) return in_.fault(start, "nothing to repeat");
        break;
      }
      case ']':
      case '}':
        if (!in_.lenient()) return in_.fault("this bracket was never opened");
        break;
      default:
        break;
    }
    const char32_t literal = in_.take();
    return add(
        CharClass{.set = CodePointSet({{literal, literal}}), .properties = {}, .negated = false});
  }

  Parsed take_atom_escape() {
    const std::size_t start = in_.offset();
    in_.skip("\\");
    Reference reference{.node = 0, .offset = start, .name = {}};
    RegexNode node{.kind = Kind::kBackReference, .children = {}};
    if (in_.skip("k")) {
      if (!in_.skip("<")) return in_.fault(start, "\\k wants the name of a group, as in \\k<name>");
      BB_TRY_ASSIGN(reference.name, take_name());
    } else if (in_.peek() >= '1' && in_.peek() <= '9') {
      node.index = in_.take_number().value_or(0);
    } else {
      in_.seek(start);
      BB_TRY_ASSIGN(RegexAtom escaped, in_.take_escape(/*in_class=*/false));
      return add(std::move(escaped.char_class));
    }
    regex_.backtracks = true;
    reference.node = add(std::move(node));
    references_.push_back(std::move(reference));
    return references_.back().node;
  }

  Parsed take_group() {
    const std::size_t start = in_.offset();
    if (in_.skip("(?:")) return take_group_body(start);
    std::string name;
    if (in_.skip("(?<")) {
      BB_TRY_ASSIGN(name, take_name());
    } else if (in_.next_is("(?")) {
      return in_.fault("no group of ECMA-262 begins like this");
    } else {
      in_.skip("(");
    }
    const std::uint32_t number = ++regex_.captures;
    if (!name.empty() && !names_.emplace(name, number).second) {
      return in_.fault(start, "two groups have the name '" + printable(name, 40) + "'");
    }
    BB_TRY_ASSIGN(const std::uint32_t body, take_group_body(start));
    return add(RegexNode{.kind = Kind::kCapture, .index = number, .children = {body}});
  }

  // From behind the opening to behind the closing bracket.
  Parsed take_group_body(std::size_t start) {
    if (depth_ == kRegexDepthMax) return in_.fault(start, "groups are nested too deeply");
    ++depth_;
    BB_TRY_ASSIGN(const std::uint32_t body, take_disjunction());
    --depth_;
    if (!in_.skip(")")) return in_.fault(start, "this group is not closed");
    return body;
  }

  // From behind "<" to behind ">".
  std::expected<std::string, RegexFault> take_name() {
    const std::size_t start = in_.offset();
    std::string name;
    while (!in_.skip(">")) {
      if (in_.at_end()) return in_.fault(start, "the name of this group is not closed");
      const std::size_t at = in_.offset();
      char32_t c = in_.take();
      if (c == '\\') {
        if (!in_.skip("u")) return in_.fault(at, "a name of a group has \\u escapes only");
        BB_TRY_ASSIGN(c, in_.take_unicode_escape());
      }
      if (!is_name_character(c) || (name.empty() && c >= '0' && c <= '9')) {
        return in_.fault(at, "the name of a group is letters, digits, '_' and '$'");
      }
      // Names are only compared, so any spelling that keeps them apart will do.
      if (c < 0x80) {
        name.push_back(static_cast<char>(c));
      } else {
        name += "\\" + std::to_string(static_cast<std::uint32_t>(c)) + ";";
      }
    }
    if (name.empty()) return in_.fault(start, "the name of this group is empty");
    return name;
  }

  struct Counts {
    std::uint32_t min;
    std::uint32_t max;
  };

  // A quantifier, if one comes next.
  std::expected<std::optional<Counts>, RegexFault> take_counts() {
    if (in_.skip("*")) return Counts{0, RegexNode::kUnbounded};
    if (in_.skip("+")) return Counts{1, RegexNode::kUnbounded};
    if (in_.skip("?")) return Counts{0, 1};
    const std::size_t start = in_.offset();
    if (!in_.skip("{")) return std::nullopt;
    if (const auto min = in_.take_number()) {
      std::uint32_t max = *min;
      if (in_.skip(",")) max = in_.take_number().value_or(RegexNode::kUnbounded);
      if (in_.skip("}")) {
        if (*min > max) return in_.fault(start, "the counts are out of order");
        return Counts{*min, max};
      }
    }
    in_.seek(start);
    return std::nullopt;
  }

  Parsed take_quantifier(std::uint32_t atom) {
    BB_TRY_ASSIGN(const auto counts, take_counts());
    if (!counts) return atom;
    const bool lazy = in_.skip("?");
    return add(RegexNode{.kind = Kind::kRepeat,
                         .lazy = lazy,
                         .min = counts->min,
                         .max = counts->max,
                         .children = {atom}});
  }

  std::expected<void, RegexFault> resolve_references() {
    for (const Reference& reference : references_) {
      std::uint32_t& number = regex_.nodes[reference.node].index;
      if (reference.name.empty()) {
        if (number > regex_.captures) return in_.fault(reference.offset, "there is no such group");
        continue;
      }
      const auto named = names_.find(reference.name);
      if (named == names_.end()) {
        return in_.fault(reference.offset, "no group has this name");
      }
      number = named->second;
    }
    return {};
  }

  RegexReader in_;
  Regex regex_;
  std::size_t depth_ = 0;
  std::map<std::string, std::uint32_t> names_;
  std::vector<Reference> references_;
};

}  // namespace

std::expected<Regex, RegexFault> parse_regex(std::string_view source, RegexDialect dialect) {
  if (source.size() > kRegexBytesMax) {
    return std::unexpected(RegexFault{
        0, "a regular expression has at most " + std::to_string(kRegexBytesMax) + " bytes"});
  }
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t bytes = utf8_character_bytes(source.substr(at));
    if (bytes == 0) return std::unexpected(RegexFault{at, "this is not UTF-8"});
    at += bytes;
  }
  return Parser(source, dialect).parse();
}

}  // namespace bb::schema
