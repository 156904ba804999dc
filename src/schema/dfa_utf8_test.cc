#include "schema/dfa_utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace bb::schema {
namespace {

std::string utf8(char32_t c) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  const auto tail = [&](unsigned shift) { return byte(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), tail(0)};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), tail(6), tail(0)};
  return {byte(0xF0 | c >> 18), tail(12), tail(6), tail(0)};
}

bool contains(const std::vector<ByteSequence>& sequences, const std::string& text) {
  for (const ByteSequence& sequence : sequences) {
    bool matches = sequence.length == text.size();
    for (std::size_t i = 0; matches && i < text.size(); ++i) {
      const auto byte = static_cast<std::uint8_t>(text[i]);
      matches = sequence.bytes[i].first <= byte && byte <= sequence.bytes[i].last;
    }
    if (matches) return true;
  }
  return false;
}

TEST(DfaUtf8, EveryCharacterIsInItsSetAndNoOther) {
  const std::vector<CodePointRange> samples{
      {0, 0x7F},           {0x80, 0x7FF},     {0x800, 0xFFFF},    {0x10000, kCodePointMax},
      {'a', 'z'},          {0x7F, 0x80},      {0x7FE, 0x801},     {0x123, 0x1234},
      {0xD7FF, 0xE000},    {0xFFFD, 0x10002}, {0x1F432, 0x1F432}, {0x2028, 0x2029},
      {0x10FFFF, 0x10FFFF}};
  for (const CodePointRange& range : samples) {
    const auto sequences = utf8_sequences(CodePointSet({range}));
    for (char32_t c = 0; c <= kCodePointMax; ++c) {
      if (c == 0xD800) c = 0xE000;
      // All of them where something may change, and a sample of the rest.
      if (c > 0x3000 && c % 61 != 0 && c != range.first && c != range.last &&
          c + 1 != range.first && c != range.last + 1) {
        continue;
      }
      ASSERT_EQ(contains(sequences, utf8(c)), range.first <= c && c <= range.last)
          << "U+" << std::hex << static_cast<std::uint32_t>(c) << " in U+"
          << static_cast<std::uint32_t>(range.first);
    }
  }
}

// The automaton of `.{0,255}` is small enough because of this.
TEST(DfaUtf8, WholeLengthsAreOneSequence) {
  EXPECT_EQ(utf8_sequences(CodePointSet({{0, kCodePointMax}})).size(), 4U);
}

}  // namespace
}  // namespace bb::schema
