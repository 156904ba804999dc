#include "base/edit_distance.h"

#include <gmock/gmock.h>

namespace bb {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("serve", "serve"), 0u);
  EXPECT_EQ(edit_distance("serv", "serve"), 1u);
  EXPECT_EQ(edit_distance("serrve", "serve"), 1u);
  EXPECT_EQ(edit_distance("sorve", "serve"), 1u);
  EXPECT_EQ(edit_distance("sevre", "serve"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

}  // namespace
}  // namespace bb
