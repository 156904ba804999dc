#include "event/json_string.h"

#include <gtest/gtest.h>

#include "event/json_scanner.h"

namespace bb::event {
namespace {

std::string written(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonString, DecodesEveryEscape) {
  EXPECT_EQ(decode_json_string(R"(plain)").text, "plain");
  EXPECT_EQ(decode_json_string(R"(\"\\\/\b\f\n\r\t)").text, "\"\\/\b\f\n\r\t");
  EXPECT_EQ(decode_json_string(R"(\u0041\u00fc\u2615x)").text, "Aü☕x");
  EXPECT_EQ(decode_json_string(R"(\u0000)").text, std::string(1, '\0'));
  EXPECT_EQ(decode_json_string(R"(\ud83d\ude00)").text, "😀");
  EXPECT_EQ(decode_json_string(R"(\uD800\uDC00)").text, "\U00010000");
  EXPECT_EQ(decode_json_string(R"(\uDBFF\uDFFF)").text, "\U0010FFFF");
  EXPECT_TRUE(decode_json_string(R"(\ud83d\ude00)").well_formed);
}

TEST(JsonString, HalfASurrogatePairIsNotWellFormedButStaysDistinct) {
  for (const std::string_view text : {R"(\ud800)", R"(\udc00)", R"(\ud800x)", R"(\ud800\n)",
                                      R"(\ud800\u0041)", R"(\ud800\ud800)", R"(\udc00\ud800)"}) {
    EXPECT_FALSE(decode_json_string(text).well_formed) << text;
  }
  EXPECT_NE(decode_json_string(R"(\ud800)").text, decode_json_string(R"(\ud801)").text);
  EXPECT_NE(decode_json_string(R"(\ud800)").text, decode_json_string(R"(\\ud800)").text);
  EXPECT_EQ(decode_json_string(R"(\ud800)").text, decode_json_string(R"(\uD800)").text);
}

TEST(JsonString, EscapesWhatItMustAndNothingElse) {
  EXPECT_EQ(written(""), R"("")");
  EXPECT_EQ(written("Zürich ☕ 😀 / \x7f"), "\"Zürich ☕ 😀 / \x7f\"");
  EXPECT_EQ(written("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(written(std::string_view("\0\x01\x1f", 3)), R"("\u0000\u0001\u001f")");
}

TEST(JsonString, AppendsBehindWhatIsThere) {
  std::string out = "[";
  append_json_string(out, "a");
  EXPECT_EQ(out, "[\"a\"");
}

TEST(JsonString, ReadsBackWhatItWrites) {
  std::string every_byte_of_ascii;
  for (int c = 0; c < 0x80; ++c) every_byte_of_ascii += static_cast<char>(c);
  for (const std::string& text : {every_byte_of_ascii, std::string("aü\n☕\"😀\\")}) {
    const std::string json = written(text);
    EXPECT_FALSE(find_json_fault(json));
    EXPECT_EQ(decode_json_string(std::string_view(json).substr(1, json.size() - 2)).text, text);
  }
}

}  // namespace
}  // namespace bb::event
