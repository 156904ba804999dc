#include "schema/ecma_regex.h"

#include <gmock/gmock.h>

#include <string>

namespace bb::schema {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "valid", or "<offset>: <reason>".
std::string verdict(std::string_view source, RegexDialect dialect = RegexDialect::kUnicode) {
  const auto regex = parse_regex(source, dialect);
  if (regex) return "valid";
  return std::to_string(regex.error().offset) + ": " + regex.error().reason;
}

std::string lenient_verdict(std::string_view source) {
  return verdict(source, RegexDialect::kLenient);
}

// The class that the whole of `source` is.
std::vector<CodePointRange> ranges(std::string_view source) {
  const auto regex = parse_regex(source, RegexDialect::kLenient);
  EXPECT_TRUE(regex) << source;
  if (!regex || regex->classes.size() != 1) return {{0, 0}};
  const auto result = regex->classes.front().set.ranges();
  return {result.begin(), result.end()};
}

CodePointRange only(char32_t c) {
  return {c, c};
}

TEST(EcmaRegex, AcceptsTheGrammar) {
  for (const std::string_view source : {"",
                                        "a|",
                                        "|",
                                        "()",
                                        "(?:)",
                                        "^abc$",
                                        "a*b+c?",
                                        "a*?b+?c??d{1}?",
                                        "a{2}b{2,}c{2,3}",
                                        "[]",
                                        "[^]",
                                        "[a-z]",
                                        "[-a]",
                                        "[a-]",
                                        "[a\\-z]",
                                        "[\\b]",
                                        "[\\]]",
                                        "[\\u{1F432}-\\u{1F433}]",
                                        "\\d\\D\\w\\W\\s\\S\\b\\B",
                                        "\\f\\n\\r\\t\\v\\0",
                                        "\\cA\\cz",
                                        "\\x41",
                                        "\\u0041",
                                        "\\ud83d\\udc32",
                                        "\\u{10FFFF}",
                                        "\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/",
                                        "/",
                                        "(?=a)(?!b)(?<=c)(?<!d)",
                                        "(?<=a+)b",
                                        "(?<name>x)\\k<name>",
                                        "\\k<n>(?<n>a)",
                                        "(?<\\u0061>x)\\k<a>",
                                        "(?<\xC3\xA9$_1>x)",
                                        "(a)\\1",
                                        "\\1(a)",
                                        "\\p{L}\\P{Lu}",
                                        "[\\p{Letter}\\d]",
                                        "\\p{Script=Greek}",
                                        "\xF0\x9F\x90\xB2*",
                                        "([abc])+\\s+$",
                                        "[\\ud800-\\udfff]"}) {
    EXPECT_EQ(verdict(source), "valid") << source;
    EXPECT_EQ(lenient_verdict(source), "valid") << source;
  }
}

TEST(EcmaRegex, RefusesWhatNoDialectHas) {
  for (const auto& [source, fault] : std::initializer_list<std::pair<const char*, const char*>>{
           {"^(abc", "1: this group is not closed"},
           {"a)", "1: ')' without '('"},
           {"ab[c", "2: this class is not closed"},
           {"[a-", "0: this class is not closed"},
           {"*a", "0: nothing to repeat"},
           {"a**", "2: nothing to repeat"},
           {"a|+", "2: nothing to repeat"},
           {"(?=a)*", "5: nothing to repeat"},
           {"^*", "1: nothing to repeat"},
           {"a{2,1}", "1: the counts are out of order"},
           {"[z-a]", "1: this range is out of order"},
           {"a\\", "1: a backslash at the end"},
           {"\\a", "0: \\a is not an escape of ECMA-262"},
           {"\\Z", "0: \\Z is not an escape of ECMA-262"},
           {"\\A", "0: \\A is not an escape of ECMA-262"},
           {"[\\B]", "1: \\B is not an escape of ECMA-262"},
           {"[\\1]", "1: \\1 is not an escape of ECMA-262"},
           {"\\01", "0: octal escapes are not supported"},
           {"\\2(a)", "0: there is no such group"},
           {"\\k<n>", "0: no group has this name"},
           {"\\k", "0: \\k wants the name of a group, as in \\k<name>"},
           {"(?<n>a)(?<n>b)", "7: two groups have the name 'n'"},
           {"(?<1>a)", "3: the name of a group is letters, digits, '_' and '$'"},
           {"(?<>a)", "3: the name of this group is empty"},
           {"(?<n", "3: the name of this group is not closed"},
           {"(?P<n>x)", "0: no group of ECMA-262 begins like this"},
           {"(?#comment)a", "0: no group of ECMA-262 begins like this"},
           {"(?i)abc", "0: no group of ECMA-262 begins like this"},
           {"\\x4", "0: \\x wants two hex digits"},
           {"\\u004", "2: \\u wants four hex digits"},
           {"\\u{}", "2: \\u{...} wants hex digits"},
           {"\\u{110000}", "2: \\u{...} is above 10FFFF"},
           {"\\c1", "0: \\c wants a letter"},
           {"\\p", "0: \\p wants a name in braces"},
           {"\\p{L", "0: \\p{ is not closed"},
           {"\\p{Nonsense}", "0: unknown Unicode property 'Nonsense'"},
           {"a\xFF", "1: this is not UTF-8"}}) {
    EXPECT_EQ(verdict(source), fault) << source;
    EXPECT_EQ(lenient_verdict(source), fault) << source;
  }
}

TEST(EcmaRegex, UnclosedGroupBeforeABracket) {
  EXPECT_EQ(verdict("^(abc]"), "5: this bracket was never opened");
  EXPECT_EQ(lenient_verdict("^(abc]"), "1: this group is not closed");
}

TEST(EcmaRegex, OnlyTheLenientDialectHasAnnexB) {
  for (const std::string_view source : {"\\-", "\\_", "\\@", "\\ ", "[\\w-.]", "[a-\\d]", "{", "a{",
                                        "a{,2}", "a{x}", "^{.*}$", "]", "}", "\\\xC3\xA9"}) {
    EXPECT_NE(verdict(source), "valid") << source;
    EXPECT_EQ(lenient_verdict(source), "valid") << source;
  }
  EXPECT_EQ(lenient_verdict("{2}"), "0: nothing to repeat");
}

TEST(EcmaRegex, ClassesAreSetsOfCharacters) {
  EXPECT_THAT(ranges("[c-ea-bx]"), ElementsAre(CodePointRange{'a', 'e'}, only('x')));
  EXPECT_THAT(ranges("[^b-\\u{10FFFF}]"), ElementsAre(CodePointRange{0, 'a'}));
  EXPECT_THAT(ranges("[]"), IsEmpty());
  EXPECT_THAT(ranges("[^]"), ElementsAre(CodePointRange{0, kCodePointMax}));
  EXPECT_THAT(ranges("[\\b-]"), ElementsAre(only('\b'), only('-')));
  EXPECT_THAT(ranges("[\\w-.]"),
              ElementsAre(CodePointRange{'-', '.'}, CodePointRange{'0', '9'},
                          CodePointRange{'A', 'Z'}, only('_'), CodePointRange{'a', 'z'}));
  EXPECT_THAT(ranges("\\ud83d\\udc32"), ElementsAre(only(0x1F432)));
  EXPECT_THAT(ranges("\\cC"), ElementsAre(only(3)));
}

// Texts have no surrogates; XML's definition of a character is written with them.
TEST(EcmaRegex, SurrogatesAreInNoClass) {
  EXPECT_THAT(ranges("[\\ud800-\\udfff]"), IsEmpty());
  EXPECT_THAT(ranges("\\ud800"), IsEmpty());
  EXPECT_THAT(ranges("[\\u0020-\\uD7FF\\uE000-\\uFFFD]"),
              ElementsAre(CodePointRange{0x20, 0xFFFD}));
  EXPECT_THAT(ranges("[^\\ud800-\\udfff]"), ElementsAre(CodePointRange{0, kCodePointMax}));
}

TEST(EcmaRegex, KnowsWhatNeedsBacktracking) {
  for (const std::string_view source : {"(?=a)", "(?<!a)", "(a)\\1", "\\p{L}", "[^\\P{L}]"}) {
    EXPECT_TRUE(parse_regex(source, RegexDialect::kUnicode)->backtracks) << source;
  }
  EXPECT_FALSE(parse_regex("^(\\bfoo|[^a]+?){2,}$", RegexDialect::kUnicode)->backtracks);
}

TEST(EcmaRegex, NestingIsLimited) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + std::string(depth, ')');
  };
  EXPECT_EQ(verdict(nested(kRegexDepthMax)), "valid");
  EXPECT_THAT(verdict(nested(kRegexDepthMax + 1)), HasSubstr("nested too deeply"));
  EXPECT_THAT(verdict(std::string(100'000, '(')), HasSubstr("at most"));
}

TEST(EcmaRegex, CountsOfAnySizeAreNumbers) {
  const auto regex = parse_regex("a{99999999999999999999,}", RegexDialect::kUnicode);
  ASSERT_TRUE(regex);
  EXPECT_EQ(regex->nodes.back().max, RegexNode::kUnbounded);
}

}  // namespace
}  // namespace bb::schema
