#include "base/utf8.h"

#include <gtest/gtest.h>

namespace bb {
namespace {

std::string encode(unsigned code_point) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  if (code_point < 0x80) return {byte(code_point)};
  if (code_point < 0x800) return {byte(0xC0 | code_point >> 6), byte(0x80 | (code_point & 0x3F))};
  if (code_point < 0x10000) {
    return {byte(0xE0 | code_point >> 12), byte(0x80 | (code_point >> 6 & 0x3F)),
            byte(0x80 | (code_point & 0x3F))};
  }
  return {byte(0xF0 | code_point >> 18), byte(0x80 | (code_point >> 12 & 0x3F)),
          byte(0x80 | (code_point >> 6 & 0x3F)), byte(0x80 | (code_point & 0x3F))};
}

TEST(Utf8, EveryCodePointButTheSurrogatesIsACharacter) {
  for (unsigned code_point = 0; code_point < 0x110000; ++code_point) {
    const std::string text = encode(code_point);
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    ASSERT_EQ(utf8_character_bytes(text + "x"), surrogate ? 0 : text.size()) << code_point;
    if (text.size() > 1) {
      ASSERT_EQ(utf8_character_bytes(text.substr(0, text.size() - 1)), 0U) << code_point;
    }
  }
}

TEST(Utf8, NothingElseIsACharacter) {
  for (const std::string_view text : {
           "",
           "\x80",              // a continuation alone
           "\xC0\x80",          // overlong U+0000
           "\xC1\xBF",          // overlong U+007F
           "\xE0\x9F\xBF",      // overlong U+07FF
           "\xF0\x8F\xBF\xBF",  // overlong U+FFFF
           "\xF4\x90\x80\x80",  // U+110000
           "\xF5\x80\x80\x80",
           "\xFF",
           "\xC3(",  // no continuation
           "\xE2\x82(",
           "\xE2(\x98",
           "\xF0\x9F\x98(",
       }) {
    EXPECT_EQ(utf8_character_bytes(text), 0U) << testing::PrintToString(text);
  }
}

TEST(Printable, KeepsWhatFits) {
  EXPECT_EQ(printable("", 10), "");
  EXPECT_EQ(printable("Zürich ☕", 11), "Zürich ☕");
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("Zürich", 3), "Zü…");
  EXPECT_EQ(printable("Zürich", 2), "Z…");
  EXPECT_EQ(printable("Zürich", 0), "…");
}

TEST(Printable, IsOneLineThatCannotDriveATerminal) {
  EXPECT_EQ(printable("a\nb\x1b[2Jc\x7f", 20), "a?b?[2Jc?");
  EXPECT_EQ(printable("a\xC2\x9B"
                      "2J",
                      20),
            "a?2J");
  EXPECT_EQ(printable("a\xFF\xC3"
                      "b",
                      20),
            "a??b");
}

// A name could make a line read as if it said something else.
TEST(Printable, KeepsTheDirectionAndTheLine) {
  for (unsigned code_point = 0x2000; code_point < 0x2070; ++code_point) {
    const bool kept = code_point != 0x200E && code_point != 0x200F &&
                      (code_point < 0x2028 || code_point > 0x202E) &&
                      (code_point < 0x2066 || code_point > 0x2069);
    const std::string character = encode(code_point);
    EXPECT_EQ(printable("a" + character + "b", 20), kept ? "a" + character + "b" : "a?b")
        << code_point;
  }
}

}  // namespace
}  // namespace bb
