#include "cli/validate_blocks.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "base/random.h"

namespace bb::cli {
namespace {

using testing::ElementsAre;

// "line: text" of each block, or "line: too long". Through a pipe, so that reads end anywhere.
std::vector<std::string> blocks_of(const std::string& stream, std::size_t block_bytes,
                                   std::size_t line_bytes_max = 1000) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  std::thread writer([&] {
    for (std::size_t at = 0; at < stream.size();) {
      const ssize_t written = ::write(ends[1], stream.data() + at, stream.size() - at);
      if (written < 0) break;
      at += static_cast<std::size_t>(written);
    }
    ::close(ends[1]);
  });
  BlockReader reader(ends[0], "pipe", block_bytes, line_bytes_max);
  std::vector<std::string> blocks;
  LineBlock block;
  std::uint64_t index = 0;
  while (reader.next(block)) {
    EXPECT_EQ(block.index, index++);
    blocks.push_back(std::to_string(block.first_line) + ": " +
                     (block.too_long ? "too long" : std::string(block.text())));
  }
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(reader.result());
  writer.join();
  ::close(ends[0]);
  return blocks;
}

TEST(BlockReader, GivesWholeLinesAndTheirNumbers) {
  EXPECT_THAT(blocks_of("a\nb\nc", 100), ElementsAre("1: a\nb\nc"));
  EXPECT_THAT(blocks_of("aaaa\nbbbb\n\ncccc\n", 7),
              ElementsAre("1: aaaa\n", "2: bbbb\n\n", "4: cccc\n"));
  EXPECT_THAT(blocks_of("", 100), ElementsAre());
}

TEST(BlockReader, ALineMayBeLongerThanABlock) {
  const std::string line(500, 'x');
  EXPECT_THAT(blocks_of("a\n" + line + "\nb\n", 10), ElementsAre("1: a\n", "2: " + line + "\nb\n"));
}

TEST(BlockReader, LeavesOutALineThatIsTooLongAndGoesOn) {
  const std::string line(5000, 'x');
  EXPECT_THAT(blocks_of("a\n" + line + "\nb\n", 10),
              ElementsAre("1: a\n", "2: too long", "3: b\n"));
  EXPECT_THAT(blocks_of(line, 10), ElementsAre("1: too long"));
  EXPECT_THAT(blocks_of(line + "\n" + line, 10), ElementsAre("1: too long", "2: too long"));
}

TEST(BlockReader, ErrorsOfTheFileAreTold) {
  BlockReader reader(-1, "nothing", 10, 10);
  LineBlock block;
  EXPECT_FALSE(reader.next(block));
  EXPECT_EQ(reader.result().error().code, ErrorCode::kIo);
  EXPECT_THAT(reader.result().error().message, testing::HasSubstr("nothing"));
}

TEST(CountLineBreaks, IsExactForEveryByte) {
  std::string text;
  for (int i = 0; i < 4096; ++i) text += static_cast<char>(random_u64());
  for (int i = 0; i < 256; ++i) text += std::string("\n") + static_cast<char>(i);
  for (std::size_t at = 0; at < 20; ++at) {
    const std::string_view part = std::string_view(text).substr(at);
    EXPECT_EQ(count_line_breaks(part), std::count(part.begin(), part.end(), '\n'));
  }
}

}  // namespace
}  // namespace bb::cli
