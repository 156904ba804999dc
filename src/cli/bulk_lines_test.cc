#include "cli/bulk_lines.h"

#include <gmock/gmock.h>

#include <string>

namespace bb::cli {
namespace {

using testing::ElementsAre;

// The lines of `stream`, given `chunk_bytes` at a time: "number text", "number too long".
std::vector<std::string> lines_of(std::string_view stream, std::size_t chunk_bytes,
                                  std::size_t line_bytes_max = 8) {
  LineBuffer buffer(line_bytes_max, chunk_bytes);
  std::vector<std::string> lines;
  const auto take = [&] {
    while (const auto line = buffer.next()) {
      lines.push_back(std::to_string(line->number) + " " +
                      (line->too_long ? "too long" : std::string(line->text)));
    }
  };
  const std::size_t all = stream.size();
  while (!stream.empty()) {
    const std::string_view chunk = stream.substr(0, chunk_bytes);
    std::copy(chunk.begin(), chunk.end(), buffer.space().begin());
    buffer.add(chunk.size());
    stream.remove_prefix(chunk.size());
    take();
  }
  buffer.finish();
  take();
  EXPECT_EQ(buffer.consumed_bytes(), all);
  return lines;
}

TEST(LineBuffer, CutsAtLineBreaksWhereverReadsEnd) {
  for (std::size_t chunk_bytes = 1; chunk_bytes < 16; ++chunk_bytes) {
    SCOPED_TRACE(chunk_bytes);
    EXPECT_THAT(lines_of("one\n\ntwo\r\nthree", chunk_bytes),
                ElementsAre("1 one", "2 ", "3 two", "4 three"));
    EXPECT_THAT(lines_of("one\n", chunk_bytes), ElementsAre("1 one"));
    EXPECT_THAT(lines_of("", chunk_bytes), ElementsAre());
  }
}

TEST(LineBuffer, LeavesOutALineThatIsTooLongAndGoesOn) {
  for (std::size_t chunk_bytes = 1; chunk_bytes < 40; ++chunk_bytes) {
    SCOPED_TRACE(chunk_bytes);
    EXPECT_THAT(lines_of("12345678\n123456789\nab\n12345678901234567890", chunk_bytes),
                ElementsAre("1 12345678", "2 too long", "3 ab", "4 too long"));
  }
}

TEST(LineBuffer, KeepsNoMoreThanOneLineAndOneRead) {
  LineBuffer buffer(100, 10);
  std::size_t space_max = 0;
  const char* first = nullptr;
  const char* last = nullptr;
  for (int i = 0; i < 1000; ++i) {
    const std::span<char> space = buffer.space();
    std::fill(space.begin(), space.end(), 'x');
    if (i > 100 && first == nullptr) first = last = space.data();
    if (first != nullptr) {
      first = std::min(first, static_cast<const char*>(space.data()));
      last = std::max(last, static_cast<const char*>(space.data()));
      space_max = static_cast<std::size_t>(last - first);
    }
    buffer.add(space.size());
    EXPECT_FALSE(buffer.next());
  }
  EXPECT_LE(space_max, 110);
}

TEST(IsBlank, MeansWhiteSpaceAlone) {
  EXPECT_TRUE(is_blank(""));
  EXPECT_TRUE(is_blank(" \t\r"));
  EXPECT_FALSE(is_blank(" {}"));
}

}  // namespace
}  // namespace bb::cli
