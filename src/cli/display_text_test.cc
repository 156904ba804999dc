#include "cli/display_text.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

TEST(EscapeControls, LeavesReadableTextAlone) {
  EXPECT_EQ(escape_controls(""), "");
  EXPECT_EQ(escape_controls("Zürich ☕ 日本 😀"), "Zürich ☕ 日本 😀");
}

TEST(EscapeControls, KeepsTerminalSequencesFromTheTerminal) {
  EXPECT_EQ(escape_controls("\x1b[31mred\x1b[0m"), "\\u001b[31mred\\u001b[0m");
  EXPECT_EQ(escape_controls("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(escape_controls("\x7f"), "\\u007f");
  EXPECT_EQ(escape_controls("\u009b31m"), "\\u009b31m");  // CSI as a C1 control
  EXPECT_EQ(escape_controls(std::string_view("\0", 1)), "\\u0000");
}

TEST(EscapeControls, ShowsCharactersThatReorderText) {
  EXPECT_EQ(escape_controls("user\u202etxt.exe"), "user\\u202etxt.exe");
  EXPECT_EQ(escape_controls("\u2066x\u2069"), "\\u2066x\\u2069");
}

TEST(EscapeControls, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(escape_controls("a\xff\x62"), "a\\xffb");
  EXPECT_EQ(escape_controls("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(escape_controls("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(escape_controls("\xe2\x98"), "\\xe2\\x98");           // cut off
}

TEST(Utf8, IsToldFromOtherBytes) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("Zürich ☕ 😀"));
  EXPECT_FALSE(is_valid_utf8("caf\xe9"));
  EXPECT_FALSE(is_valid_utf8("\xf4\x90\x80\x80"));  // above U+10FFFF
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("Zürich"), 6u);
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
}

TEST(Shorten, CutsAtTheWidthAndSaysSo) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdef", 5), "abcd…");
  EXPECT_EQ(shorten("日本語", 6), "日本語");
  EXPECT_EQ(shorten("日本語", 5), "日本…");
  EXPECT_EQ(shorten("日本語", 4), "日…");
  EXPECT_EQ(shorten("abc", 0), "");
}

}  // namespace
}  // namespace bb::cli
