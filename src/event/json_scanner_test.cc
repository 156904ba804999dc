#include "event/json_scanner.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace bb::event {
namespace {

using testing::HasSubstr;

// "line:column reason", or "valid".
std::string verdict(std::string_view text) {
  const auto checked = check_json(text);
  if (checked) return "valid";
  const JsonError& error = checked.error();
  return std::to_string(error.line) + ":" + std::to_string(error.column) + " " + error.reason;
}

std::string in_quotes(std::string_view content) {
  return std::string("\"").append(content).append("\"");
}

std::string nested(std::size_t depth, std::string_view inside = "") {
  return std::string(depth, '[').append(inside).append(std::string(depth, ']'));
}

TEST(JsonScanner, AcceptsEveryKindOfValue) {
  for (const std::string_view text :
       {"null", "true", "false", "0", "-0", "12", "-1.5", "1e5", "1E+5", "1.25e-10", R"("")",
        R"("text")", "[]", "{}", "[1]", "[1, [2, {}], null]", R"({"a": 1, "b": [], "c": {"d": 2}})",
        " \t\r\n{ \"a\" : [ 1 , 2 ] } \n"}) {
    EXPECT_EQ(verdict(text), "valid") << text;
  }
}

TEST(JsonScanner, AcceptsWhatNoProgramCouldRepresent) {
  EXPECT_EQ(verdict("1e400"), "valid");
  EXPECT_EQ(verdict("-1e-9999999999999"), "valid");
  EXPECT_EQ(verdict(std::string(40, '7')), "valid");
  EXPECT_EQ(verdict(R"({"a": 1, "a": 2})"), "valid");
  EXPECT_EQ(verdict(R"(["\ud800", "\udc00x", "\udc00\ud800"])"), "valid");
}

TEST(JsonScanner, AcceptsEveryEscapeAndEveryCharacter) {
  EXPECT_EQ(verdict(R"("\"\\\/\b\f\n\r\t\u0000\uABCD\uabcd")"), "valid");
  EXPECT_EQ(verdict("\"Zürich ☕ 😀 \x7f\""), "valid");
}

TEST(JsonScanner, SaysWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", "1:1 expected a value, found the end of the text"},
      {" \n ", "2:2 expected a value, found the end of the text"},
      {"nul", "1:1 expected a value, found 'nul'"},
      {"True", "1:1 expected a value, found 'True'"},
      {"[NaN]", "1:2 expected a value, found 'NaN'"},
      {"[-Infinity]", "1:3 expected a digit after '-', found 'Infinity'"},
      {"nullx", "1:5 expected nothing after the value, found 'x'"},
      {"{} {}", "1:4 expected nothing after the value, found '{'"},
      {"1 2", "1:3 expected nothing after the value, found '2'"},
      {"]", "1:1 expected a value, found ']'"},
      {"[,]", "1:2 expected a value, found ','"},
      {"[1 2]", "1:4 expected ',' or ']' after a value, found '2'"},
      {"[1}", "1:3 expected ',' or ']' after a value, found '}'"},
      {"[1,]", "1:3 trailing comma before ']'"},
      {"[1,\n]", "1:3 trailing comma before ']'"},
      {"[1,", "1:4 expected a value, found the end of the text"},
      {"[1", "1:3 expected ',' or ']' after a value, found the end of the text"},
      {"[", "1:2 expected a value, found the end of the text"},
      {"{", "1:2 expected a field name in double quotes or '}', found the end of the text"},
      {"{a: 1}", "1:2 expected a field name in double quotes or '}', found 'a'"},
      {"{'a': 1}", "1:2 expected a field name in double quotes or '}', found '''"},
      {R"({"a"})", "1:5 expected ':' after a field name, found '}'"},
      {R"({"a" 1})", "1:6 expected ':' after a field name, found '1'"},
      {R"({"a":})", "1:6 expected a value, found '}'"},
      {R"({"a": 1 "b": 2})", "1:9 expected ',' or '}' after a value, found '\"'"},
      {R"({"a": 1])", "1:8 expected ',' or '}' after a value, found ']'"},
      {R"({"a": 1,})", "1:8 trailing comma before '}'"},
      {R"({"a": 1, 2})", "1:10 expected a field name in double quotes, found '2'"},
      {R"({"a": 1,,})", "1:9 expected a field name in double quotes, found ','"},
      {"['a']", "1:2 expected a value; strings take double quotes"},
      {"[1] // one", "1:5 expected nothing after the value, found '/'"},
      {"// one\n1", "1:1 expected a value; JSON has no comments"},
      {"[+1]", "1:2 a number does not begin with '+'"},
      {"[.5]", "1:2 a number begins with a digit"},
      {"[01]", "1:2 a number does not begin with 0"},
      {"[-01]", "1:3 a number does not begin with 0"},
      {"-", "1:2 expected a digit after '-', found the end of the text"},
      {"[1.]", "1:4 expected a digit after '.', found ']'"},
      {"1.e5", "1:3 expected a digit after '.', found 'e5'"},
      {"1e", "1:3 expected a digit in the exponent, found the end of the text"},
      {"1e+", "1:4 expected a digit in the exponent, found the end of the text"},
      {"0x1F", "1:2 expected nothing after the value, found 'x1F'"},
      {R"(["abc)", "1:2 unterminated string"},
      {R"(["abc\)", "1:2 unterminated string"},
      {R"(["abc\u12)", "1:2 unterminated string"},
      {"[\"a\nb\"]", R"(1:4 control character in a string; write it as \u000a)"},
      {"[\"a\tb\"]", R"(1:4 control character in a string; write it as \u0009)"},
      {std::string_view("\"\0\"", 3), R"(1:2 control character in a string; write it as \u0000)"},
      {R"("C:\dir")", R"(1:4 no such escape: '\dir'; a backslash itself is written '\\')"},
      {R"("\'")", R"(1:2 no such escape: '\''; a backslash itself is written '\\')"},
      {R"("\u12G4")", R"(1:2 expected four hexadecimal digits after '\u')"},
      {R"("\u12")", R"(1:2 expected four hexadecimal digits after '\u')"},
      {"\xEF\xBB\xBF{}", "1:1 JSON starts without a byte order mark"},
      {"\"a\xFF\"", "1:3 byte 0xff is not UTF-8 here"},
      {"\"\xC3\"", "1:2 byte 0xc3 is not UTF-8 here"},
      {"\"\xED\xA0\x80\"", "1:2 byte 0xed is not UTF-8 here"},
      {"[\x80", "1:2 byte 0x80 is not UTF-8 here"},
      {"[☕]", "1:2 expected a value, found '☕'"},
      {"[\x1b]", "1:2 expected a value, found '?'"},
      // A word is quoted in part.
      {"abcdefghijklmnopqrstuvwxyz", "1:1 expected a value, found 'abcdefghijklmnop…'"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(verdict(text), expected) << testing::PrintToString(text);
  }
}

TEST(JsonScanner, CountsLinesAndCharacters) {
  const auto checked = check_json("{\n  \"stadt\": \"Zürich ☕ 😀\" x\n}");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().line, 2U);
  EXPECT_EQ(checked.error().column, 25U);
  EXPECT_EQ(checked.error().offset, 32U);
}

TEST(JsonScanner, ReportsTheFirstOfTwoFaults) {
  EXPECT_THAT(verdict("[1,] \xFF"), HasSubstr("trailing comma"));
  EXPECT_THAT(verdict("[\"\xFF\",]"), HasSubstr("UTF-8"));
}

TEST(JsonScanner, StopsAtTheDepthLimitAndNotBefore) {
  EXPECT_EQ(verdict(nested(kJsonDepthMax)), "valid");
  EXPECT_EQ(verdict(nested(kJsonDepthMax, R"("[[")")), "valid");
  EXPECT_EQ(verdict(nested(kJsonDepthMax + 1)), "1:1025 nested more than 1024 deep");
  EXPECT_EQ(verdict(std::string(1'000'000, '[')), "1:1025 nested more than 1024 deep");
  EXPECT_FALSE(find_json_fault("[[1]]", 2));
  EXPECT_TRUE(find_json_fault("[[[1]]]", 2));
  EXPECT_TRUE(find_json_fault("[]", 0));
  EXPECT_FALSE(find_json_fault("1", 0));
}

TEST(JsonScanner, RemembersAtEveryDepthWhatIsOpen) {
  std::string text;
  std::string closers;
  for (std::size_t depth = 0; depth < kJsonDepthMax; ++depth) {
    const bool object = depth % 3 == 0;
    text += object ? R"({"a":)" : "[";
    closers += object ? '}' : ']';
  }
  const std::string end(closers.rbegin(), closers.rend());
  text += '0';
  EXPECT_EQ(verdict(text + end), "valid");
  for (std::size_t i = 0; i < end.size(); i += 37) {
    std::string crossed = end;
    crossed[i] = crossed[i] == '}' ? ']' : '}';
    EXPECT_THAT(verdict(text + crossed), HasSubstr("after a value")) << i;
  }
}

// Where the eight-byte steps begin and end must not matter.
TEST(JsonScanner, FindsAFaultAtEveryPlaceInAString) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string content(size, 'x');
      EXPECT_EQ(verdict(in_quotes(content)), "valid");
      content[at] = '\x1f';
      EXPECT_THAT(verdict(in_quotes(content)), HasSubstr("\\u001f")) << size << " " << at;
      content[at] = '"';
      EXPECT_NE(verdict(in_quotes(content)), "valid") << size << " " << at;
      content[at] = '\\';
      EXPECT_NE(verdict(in_quotes(content)), "valid") << size << " " << at;
      content.replace(at, 1, "ü");
      EXPECT_EQ(verdict(in_quotes(content)), "valid") << size << " " << at;
    }
  }
}

TEST(JsonScanner, EveryPrefixOfATextIsNotTheText) {
  const std::string text = R"({"a": [1.5e3, true, null, "x\u00e9\n"], "b": {"c": []}})";
  ASSERT_EQ(verdict(text), "valid");
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto checked = check_json(std::string_view(text).substr(0, size));
    ASSERT_FALSE(checked) << size;
    EXPECT_LE(checked.error().offset, size);
  }
}

}  // namespace
}  // namespace bb::event
