#include "broker/deferred_work.h"

#include <gtest/gtest.h>

#include <string>

namespace bb::broker {
namespace {

TEST(DeferredWork, RunsInOrderWhatWorkAddsToo) {
  DeferredWork work;
  std::string ran;
  work.add([&] {
    ran += "a";
    work.add([&] { ran += "c"; });
    work.run(10);  // not from within
    EXPECT_EQ(ran, "a");
  });
  work.add([&] { ran += "b"; });
  work.run(10);
  EXPECT_EQ(ran, "abc");
  EXPECT_TRUE(work.empty());
}

TEST(DeferredWork, RunsNoMoreThanItIsAllowedTo) {
  DeferredWork work;
  int ran = 0;
  for (int i = 0; i < 3; ++i) work.add([&] { ++ran; });
  work.run(2);
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(work.empty());
}

}  // namespace
}  // namespace bb::broker
