#include "server/service_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "io/power_folder.h"
#include "io/simulated_disk.h"
#include "registry/test_services.h"

namespace bb::server {
namespace {

using registry::stopped;
using registry::test_instance;
using registry::test_time;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> names_in(io::Folder& folder, Timestamp now = test_time()) {
  const auto store = ServiceStore::open(folder, now);
  if (!store) return {"error: " + store.error().message};
  std::vector<std::string> names;
  for (const auto& each : (*store)->table().list(now)) {
    names.push_back(fmt::format("{} {}", each.instance.key.name, to_string(each.state)));
  }
  return names;
}

// What a store that has ended left in the folder.
void fill(io::Folder& folder, const std::vector<std::string>& names, Timestamp now = test_time()) {
  auto store = ServiceStore::open(folder, now);
  ASSERT_TRUE(store) << store.error().message;
  for (const std::string& name : names) {
    ASSERT_TRUE((*store)->table().put(test_instance(name), now));
  }
  (*store)->tick(now);
}

TEST(ServiceStore, KeepsItsServices) {
  io::SimulatedDisk disk(1);
  EXPECT_THAT(names_in(disk), IsEmpty());
  fill(disk, {"a", "b"});
  disk.crash();
  EXPECT_THAT(names_in(disk), UnorderedElementsAre("a live", "b live"));
  {
    auto store = ServiceStore::open(disk, test_time());
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->table().remove(test_instance("a").key));
    ASSERT_TRUE((*store)->table().put(stopped(test_instance("b")), test_time()));
    (*store)->tick(test_time());
  }
  disk.crash();
  EXPECT_THAT(names_in(disk, test_time(hours(1))), ElementsAre("b stopped"));
}

TEST(ServiceStore, KeepsNowAndThenWhoRuns) {
  io::SimulatedDisk disk(1);
  fill(disk, {"a"});
  {
    auto store = ServiceStore::open(disk, test_time());
    ASSERT_TRUE(store);
    for (int s = 1; s <= 60; ++s) {
      ASSERT_TRUE((*store)->table().put(test_instance("a"), test_time(seconds(s))));
      (*store)->tick(test_time(seconds(s)));
    }
  }
  EXPECT_THAT(names_in(disk, test_time(hours(1))), ElementsAre("a live"));
}

TEST(ServiceStore, AFileThatIsNoneIsSetAside) {
  io::SimulatedDisk disk(1);
  fill(disk, {"a"});
  {
    const auto file = disk.open_file("services.json", io::OpenMode::kWrite);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->truncate(10));
  }
  EXPECT_THAT(names_in(disk), IsEmpty());
  EXPECT_THAT(disk.list().value(), testing::Contains("services.json.damaged"));
  fill(disk, {"b"});
  EXPECT_THAT(names_in(disk), ElementsAre("b live"));
}

TEST(ServiceStore, ADiskThatFailsCostsNoService) {
  io::SimulatedDisk disk(1);
  fill(disk, {"a"});
  disk.set_writes_fail(true);
  {
    auto store = ServiceStore::open(disk, test_time());
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->table().put(test_instance("b"), test_time()));
    (*store)->tick(test_time());
    EXPECT_EQ((*store)->table().size(), 2u);
  }
  disk.set_writes_fail(false);
  EXPECT_THAT(names_in(disk), ElementsAre("a live"));
}

// After a crash anywhere in a write, the list is that of before or that of after.
TEST(ServiceStore, ACrashLeavesTheOldListOrTheNewOne) {
  for (std::uint64_t operations = 0; operations < 12; ++operations) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(testing::Message() << "operations=" << operations << " seed=" << seed);
      io::SimulatedDisk disk(seed);
      fill(disk, {"a"});
      io::PowerFolder power(disk);
      {
        auto store = ServiceStore::open(power, test_time());
        ASSERT_TRUE(store);
        power.end_after(operations, 50);
        ASSERT_TRUE((*store)->table().put(test_instance("b"), test_time()));
        (*store)->tick(test_time());
      }
      const bool was_over = power.ended();
      disk.crash();
      const auto names = names_in(disk);
      if (was_over) {
        EXPECT_THAT(
            names, testing::AnyOf(ElementsAre("a live"), UnorderedElementsAre("a live", "b live")));
      } else {
        EXPECT_THAT(names, UnorderedElementsAre("a live", "b live"));
      }
    }
  }
}

}  // namespace
}  // namespace bb::server
