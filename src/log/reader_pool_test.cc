#include "log/reader_pool.h"

#include <gtest/gtest.h>

#include "log/test_log.h"

namespace bb::log {
namespace {

TEST(ReaderPool, GivesTheRecordsOfPlacesThatAreReadInTurn) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  std::vector<Position> positions;
  for (int i = 0; i < 2000; ++i) positions.push_back(append(*log, "record " + std::to_string(i)));
  sync(*log);
  ReaderPool pool(*log);
  constexpr std::size_t kPlaces = 12;  // more than there are windows
  const std::size_t stretch = positions.size() / kPlaces;
  for (std::size_t step = 0; step < stretch; ++step) {
    for (std::size_t place = 0; place < kPlaces; ++place) {
      const std::size_t number = place * stretch + step;
      const auto record = pool.read(positions[number]);
      ASSERT_TRUE(record) << record.error().message;
      ASSERT_EQ(as_text(record->payload), "record " + std::to_string(number));
    }
    if (step % 50 == 0) pool.release_idle();
  }
  pool.release_idle();
  pool.release_idle();
  EXPECT_EQ(as_text(pool.read(positions[7])->payload), "record 7");
}

TEST(ReaderPool, TellsWhatIsNotThere) {
  io::SimulatedDisk disk(1);
  const auto log = open_log(disk);
  const Position position = append(*log, "record");
  sync(*log);
  ReaderPool pool(*log);
  EXPECT_FALSE(pool.read(position + kRecordAlignment * 1000));
  EXPECT_TRUE(pool.read(position));
}

}  // namespace
}  // namespace bb::log
