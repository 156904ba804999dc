// What is said of texts that are no filters: the column, what is wrong, and what would be right.
#include "filter/parser.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "filter/filter_fixture.h"

namespace bb::filter {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Case {
  std::string filter;
  int column;
  std::string reason;  // the whole of it, or its beginning if it ends in "..."
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const std::string expected = "filter, column " + std::to_string(c.column) + ": " + c.reason;
    if (c.reason.ends_with("...")) {
      EXPECT_THAT(fault_of(c.filter), StartsWith(expected.substr(0, expected.size() - 3)))
          << c.filter;
    } else {
      EXPECT_EQ(fault_of(c.filter), expected) << c.filter;
    }
  }
}

TEST(FilterFault, OfAnEmptyText) {
  check({{"", 1, "the filter is empty; one is, for example, payload.confidence > 0.8"},
         {" \t", 1, "the filter is empty; one is, for example, payload.confidence > 0.8"}});
}

TEST(FilterFault, OfOperatorsOfOtherLanguages) {
  check({{"payload.confidence = 0.8", 20, "'=' is no operator here: use == to compare"},
         {"payload.a === 1", 11, "'===' is no operator here: use == to compare"},
         {"payload.a !== 1", 11, "'!==' is no operator here: use != to compare"},
         {"payload.a <> 1", 11, "'<>' is no operator here: use != to compare"},
         {"payload.a =< 1", 11, "'=<' is no operator here: use <= to compare"},
         {"payload.a => 1", 11, "'=>' is no operator here: use >= to compare"},
         {"payload.a =~ 'x'", 11,
          "'=~' is no operator here: use matches, as in payload.text matches '^Hey'"},
         {"payload.a & payload.b", 11, "'&' is no operator here: use && or and"},
         {"payload.a | payload.b", 11, "'|' is no operator here: use || or or"},
         {"payload.a + 1 == 2", 11, "unexpected '+'; ..."},
         {"payload.a; payload.b", 10, "unexpected ';'; ..."},
         {"payload.a:b", 10,
          "unexpected ':'; strings are written in quotes, odd names in quotes and brackets: "
          "payload[\"odd name\"]"},
         {".payload", 1, "unexpected '.'; ..."}});
}

TEST(FilterFault, OfWordsWhereAnOperatorBelongs) {
  const std::string expected =
      "expected an operator (== != < <= > >= in contains starts_with ends_with matches), 'and', "
      "'or' or the end, but found ";
  check(
      {{"payload.a contians 'x'", 11, expected + "'contians'; did you mean 'contains'?"},
       {"payload.a startswith 'x'", 11, expected + "'startswith'; did you mean 'starts_with'?"},
       {"payload.a AND payload.b", 11, expected + "'AND'; did you mean 'and'?"},
       {"payload.a OR payload.b", 11, expected + "'OR'; did you mean 'or'?"},
       {"payload.a IN [1]", 11, expected + "'IN'; did you mean 'in'?"},
       {"payload.a eq 1", 11, expected + "'eq'; did you mean '=='?"},
       {"payload.a is null", 11, expected + "'is'; did you mean '=='?"},
       {"payload.a like 'x'", 11, expected + "'like'; did you mean 'contains'?"},
       {"payload.a resembles 'x'", 11, expected + "'resembles'"},
       {"payload.a 'x'", 11, expected + "''x''"},
       {"payload.a true", 11, expected + "'true'"},
       {"payload.a -1", 11, expected + "'-1'"},
       {"payload/confidence > 1", 8,
        expected + "'/confidence'; a JSON pointer begins with '/', as in /payload/confidence"},
       {"/payload/checks[0] == 1", 16,
        expected + "'['; an index of a JSON pointer is one of its names, as in /payload/checks/0"},
       {"payload.a [1]", 11, expected + "'['"}});
}

TEST(FilterFault, OfWhatFollowsACondition) {
  check(
      {{"payload.a == 1 payload.b == 2", 16,
        "expected 'and', 'or' or the end, but found 'payload.b'"},
       {"payload.a == 1 AND payload.b == 2", 16,
        "expected 'and', 'or' or the end, but found 'AND'; did you mean 'and'?"},
       {"(payload.a == 1 payload.b == 2)", 17,
        "expected 'and', 'or' or ')', but found 'payload.b'"},
       {"(payload.a) payload.b", 13, "expected 'and', 'or' or the end, but found 'payload.b'"},
       {"exists payload.a payload.b", 18, "expected 'and', 'or' or the end, but found 'payload.b'"},
       {"0 < payload.a < 5", 15,
        "'<' does not follow a condition; two comparisons are joined with 'and' or 'or'"},
       {"exists payload.a == 1", 18, "'==' does not follow a condition; ..."},
       {"payload.a not in [1]", 11,
        "'not' stands before the whole comparison: not payload.kind in ['a', 'b']"},
       {"payload.a == 1)", 15, "this ')' closes nothing"},
       {"payload.a == 1, true", 15, "expected 'and', 'or' or the end, but found ','"}});
}

TEST(FilterFault, OfMissingOperands) {
  check(
      {{"payload.a ==", 13, "expected a path or a value, but found the end"},
       {"payload.a == ", 14, "expected a path or a value, but found the end"},
       {"payload.a and", 14, "expected a path or a value, but found the end"},
       {"and payload.a", 1, "expected a path or a value, but found 'and'"},
       {"payload.a == == 1", 14, "expected a path or a value, but found '=='"},
       {"payload.a and or payload.b", 15, "expected a path or a value, but found 'or'"},
       {"not", 4, "expected a path or a value, but found the end"},
       {"()", 2, "expected a path or a value, but found ')'"},
       {"payload.a == not true", 14, "expected a path or a value, but found 'not'"},
       {"exists", 7, "expected a path behind 'exists', but found the end"},
       {"exists 5", 8, "expected a path behind 'exists', but found '5'"},
       {"exists (payload.a", 18, "expected ')' behind the path, but found the end"},
       {"payload.a matches payload.b", 19,
        "expected a regular expression in quotes, but found 'payload.b'"},
       {"payload.a matches /x/", 19, "expected a regular expression in quotes, but found '/x/'"}});
}

TEST(FilterFault, OfParentheses) {
  check({{"(payload.a == 1", 1, "this '(' is not closed"},
         {"true and ((true)", 10, "this '(' is not closed"},
         {"(payload.a) == 1", 1, "parentheses stand around conditions, not around values"},
         {"payload.a == (1)", 14,
          "parentheses stand around conditions, not around values; a list is written in brackets: "
          "[1, 2]"},
         {"payload.a in (1, 2)", 14, "parentheses stand around conditions, ..."}});
}

TEST(FilterFault, OfUnknownFields) {
  const std::string advice = "; a string is written in quotes, a field of the payload as payload.";
  check({{"payload.speaker == jana", 20,
          "an event has no field 'jana'" + advice + "jana, another field of the event as /jana"},
         {"confidence > 0.8", 1,
          "an event has no field 'confidence'" + advice +
              "confidence, another field of the event as /confidence"},
         {"paylaod.a == 1", 1,
          "an event has no field 'paylaod' (did you mean 'payload'?)" + advice +
              "paylaod, another field of the event as /paylaod"},
         {"payload.a == True", 14, "an event has no field 'True' (did you mean 'true'?)..."},
         {"NOT payload.a", 1, "an event has no field 'NOT' (did you mean 'not'?)..."},
         {"exist payload.a", 1, "an event has no field 'exist' (did you mean 'exists'?)..."},
         {"payload.a == “x”", 14, "an event has no field '“x”'; a string is written in quotes..."},
         {"$.payload", 1, "an event has no field '$'..."},
         {"id == '1'", 1, "an event has no field 'id'..."}});
}

TEST(FilterFault, OfStrings) {
  check({{"payload.a == 'x", 14, "this string has no closing '"},
         {"payload.a == \"x'", 14, "this string has no closing \""},
         {"payload.a == 'x\\'", 14, "this string has no closing '"},
         {"payload.a == '\\d'", 15,
          "'\\d' is no escape of a JSON string; a backslash itself is written \\\\"},
         {"payload.a == 'ab\\", 14, "this string has no closing '"},
         {"payload.a == 'é\\u12g4'", 16, "'\\u12g4' is no escape of a JSON string; ..."},
         {"payload.a == '\\u12'", 15, "'\\u12' is no escape of a JSON string; ..."},
         {"payload.a == 'x\ty'", 16, "control character in a string; write it as \\u0009"},
         {"payload['x", 9, "this string has no closing '"},
         {"payload['\\d']", 10, "'\\d' is no escape of a JSON string; ..."}});
}

TEST(FilterFault, OfNumbers) {
  const std::string advice =
      " is not a JSON number, as 10, -0.5 and 1e3 are; a string is written in quotes";
  check({{"payload.a == 01", 14, "'01'" + advice},
         {"payload.a == 1.", 14, "'1.'" + advice},
         {"payload.a == 0x10", 14, "'0x10'" + advice},
         {"payload.a > 10ms", 13, "'10ms'" + advice},
         {"timestamp > 2026-01-27", 13, "'2026-01-27'" + advice},
         {"payload.a == -", 14, "'-'" + advice},
         {"payload.a == -x", 14, "'-x'" + advice},
         {"payload.a == 1e", 14, "'1e'" + advice},
         {"payload.a == .5", 14, "unexpected '.'; ..."},
         {"payload.a == +5", 14, "unexpected '+'; ..."}});
}

TEST(FilterFault, OfPaths) {
  const std::string subscript = "expected a name in quotes or an index from 0 between [ and ]";
  check(
      {{"payload. == 1", 9, "expected a name behind '.'; ..."},
       {"payload..a", 9, "expected a name behind '.'; ..."},
       {"payload.*", 9,
        "expected a name behind '.'; one with other characters than letters, digits, '_', '-', "
        "'$' and '@' is written in brackets: [\"odd name\"]"},
       {"payload.a[]", 11, subscript},
       {"payload.a[-1]", 11, subscript},
       {"payload.a[01]", 11, subscript},
       {"payload.a[*]", 11, subscript},
       {"payload.a[b]", 11, subscript},
       {"payload.a[", 11, subscript},
       {"payload.a[0", 10, "this '[' of a path is not closed"},
       {"payload.a['b'", 10, "this '[' of a path is not closed"},
       {"payload.a[0 ]", 10, "this '[' of a path is not closed"},
       {"/payload/a~b == 1", 1, "in a JSON pointer, '~' is written ~0, and '/' within a name ~1"}});
}

TEST(FilterFault, OfLists) {
  const std::string element =
      "expected a number, a string in quotes, true, false or null in the list, but found ";
  check({{"payload.a in [1, 2", 14, "this '[' is not closed"},
         {"payload.a in [1,", 14, "this '[' is not closed"},
         {"payload.a in [", 14, "this '[' is not closed"},
         {"payload.a in [1,]", 17, element + "']'"},
         {"payload.a in [,1]", 15, element + "','"},
         {"payload.a in [1 2]", 17, "expected ',' or ']' in the list, but found '2'"},
         {"payload.a in [jana]", 15, element + "'jana'"},
         {"payload.a in [[1]]", 15, element + "'['"},
         {"payload.a in [payload.b]", 15, element + "'payload.b'"},
         {"payload.a in 'x', 'y'", 17, "expected 'and', 'or' or the end, but found ','"}});
}

TEST(FilterFault, OfWhatCouldNeverBeTrue) {
  const std::string order =
      " has no order: only numbers and strings have; compare it with == or !=";
  const std::string content =
      " contains nothing: only strings, arrays and objects do; a list is written in brackets: "
      "[1, 2]";
  check({{"payload.a < true", 13, "true" + order},
         {"null >= payload.a", 1, "null" + order},
         {"payload.a > [1, 2]", 13, "[1, 2]" + order},
         {"payload.a in 5", 14, "5" + content},
         {"true contains payload.a", 1, "true" + content},
         {"payload.a starts_with 5", 23, "5 is no string, and 'starts_with' is about strings"},
         {"['x'] ends_with 'x'", 1, "['x'] is no string, and 'ends_with' is about strings"},
         {"5 matches '5'", 1, "5 is no string, and 'matches' is about strings"},
         {"'x'", 1, "'x' alone is no condition; compare it, as in payload.confidence > 0.8"},
         {"payload.a and 1", 15, "1 alone is no condition; ..."},
         {"not [true]", 5, "[true] alone is no condition; ..."},
         {"null", 1, "null alone is no condition; ..."}});
}

TEST(FilterFault, OfRegularExpressions) {
  check({{"payload.a matches '(x'", 19, "the regular expression '(x': ..."},
         {"payload.a matches '(?<=x*)y'", 19,
          "the regular expression '(?<=x*)y' is not supported: ..."}});
}

TEST(FilterFault, CountsColumnsInCharactersAndLines) {
  check({{"payload.größe = 1", 15, "'=' is no operator here: use == to compare"},
         {"'😀' = 1", 5, "'=' is no operator here: use == to compare"}});
  EXPECT_EQ(fault_of("payload.a == 1 and\n  payload.b = 2"),
            "filter, line 2, column 13: '=' is no operator here: use == to compare");
}

TEST(FilterFault, OfBytesThatAreNotUtf8) {
  check({{"payload.a == 'x\xFF'", 16, "byte 0xff is not UTF-8 here"},
         {"\xC3", 1, "byte 0xc3 is not UTF-8 here"}});
}

// A message is for a terminal, and its size is not the filter's.
TEST(FilterFault, IsFitToBeShown) {
  EXPECT_LT(fault_of("payload.a == " + repeated(60'000, "x")).size(), 400U);
  EXPECT_LT(fault_of("payload.a in [" + repeated(30'000, "1") + "] 2").size(), 400U);
  EXPECT_LT(fault_of("payload.a == " + repeated(60'000, "9") + "x").size(), 400U);
  EXPECT_LT(fault_of("'" + repeated(60'000, "x") + "'").size(), 400U);
  EXPECT_THAT(fault_of("payload.a == x\u202Ey"), Not(HasSubstr("\u202E")));
  EXPECT_THAT(fault_of("payload.a \x1B[31m"), Not(HasSubstr("\x1B")));
}

}  // namespace
}  // namespace bb::filter
