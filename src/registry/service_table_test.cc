#include "registry/service_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry/test_services.h"

namespace bb::registry {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// "svc/1 live": name, pid and state of all that are listed.
std::vector<std::string> listed(const ServiceTable& table, milliseconds at) {
  std::vector<std::string> texts;
  for (const RegisteredInstance& each : table.list(test_time(at))) {
    texts.push_back(
        fmt::format("{}/{} {}", each.instance.key.name, each.instance.pid, to_string(each.state)));
  }
  return texts;
}

TEST(ServiceTable, TellsHowItsInstancesAre) {
  ServiceTable table;
  EXPECT_EQ(table.put(test_instance(), test_time()), true);
  EXPECT_EQ(table.put(test_instance("svc", 2), test_time(seconds(10))), false);
  EXPECT_THAT(listed(table, seconds(20)), UnorderedElementsAre("svc/1 late", "svc/2 live"));
  EXPECT_EQ(table.put(test_instance(), test_time(seconds(25))), false) << "a heartbeat";
  EXPECT_THAT(listed(table, seconds(41)), UnorderedElementsAre("svc/1 late", "svc/2 gone"));
  ASSERT_TRUE(table.put(stopped(test_instance()), test_time(seconds(42))));
  EXPECT_THAT(listed(table, seconds(42)), UnorderedElementsAre("svc/1 stopped", "svc/2 gone"));
  EXPECT_EQ(table.size(), 2u);
}

TEST(ServiceTable, AHeartbeatThatComesAfterTheEndChangesNothing) {
  ServiceTable table;
  ASSERT_TRUE(table.put(stopped(test_instance()), test_time()));
  ASSERT_TRUE(table.put(test_instance(), test_time(seconds(1))));
  EXPECT_THAT(listed(table, seconds(1)), ElementsAre("svc/1 stopped"));
  ServiceInstance another = test_instance();
  another.started_at += hours(1);
  ASSERT_TRUE(table.put(another, test_time(seconds(2)))) << "the system gave its pid again";
  EXPECT_THAT(listed(table, seconds(2)), ElementsAre("svc/1 live"));
}

TEST(ServiceTable, AServiceThatIsGoneStaysUntilItIsRemoved) {
  ServiceTable table;
  ASSERT_TRUE(table.put(test_instance(), test_time()));
  table.expire(test_time(hours(10'000)));
  EXPECT_THAT(listed(table, hours(10'000)), ElementsAre("svc/1 gone"));
  EXPECT_TRUE(table.remove(test_instance().key));
  EXPECT_THAT(listed(table, hours(10'000)), IsEmpty());
  const auto again = table.remove(test_instance().key);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kNotFound);
}

TEST(ServiceTable, OrExpiresByItsOwnWish) {
  ServiceTable table;
  ServiceInstance instance = test_instance();
  instance.expire = minutes(1);
  ASSERT_TRUE(table.put(instance, test_time()));
  ASSERT_TRUE(table.put(test_instance("other"), test_time()));
  table.expire(test_time(minutes(1)));
  EXPECT_EQ(table.size(), 2u);
  EXPECT_THAT(listed(table, seconds(61)), ElementsAre("other/1 gone")) << "listed no more";
  table.expire(test_time(seconds(61)));
  EXPECT_EQ(table.size(), 1u);
}

TEST(ServiceTable, ANewInstanceTakesThePlaceOfThoseThatStopped) {
  ServiceTable table;
  for (std::int64_t pid = 1; pid <= 500; ++pid) {
    ASSERT_TRUE(table.put(test_instance("svc", pid), test_time(seconds(pid))));
    ASSERT_TRUE(table.put(stopped(test_instance("svc", pid)), test_time(seconds(pid))));
  }
  EXPECT_THAT(listed(table, seconds(500)), ElementsAre("svc/500 stopped"));
  EXPECT_EQ(table.size(), 1u);
}

TEST(ServiceTable, RoomForANewOneIsMadeOfThoseThatAreGone) {
  ServiceTable table({.instances_max = 100, .instances_per_service_max = 3});
  for (std::int64_t pid = 1; pid <= 10; ++pid) {
    ASSERT_TRUE(table.put(test_instance("svc", pid), test_time(minutes(pid)))) << pid;
  }
  EXPECT_THAT(listed(table, minutes(10)),
              UnorderedElementsAre("svc/8 gone", "svc/9 gone", "svc/10 live"));
}

TEST(ServiceTable, HoldsNoMoreThanItMay) {
  ServiceTable table({.instances_max = 4, .instances_per_service_max = 3});
  for (std::int64_t pid = 1; pid <= 3; ++pid) {
    ASSERT_TRUE(table.put(test_instance("svc", pid), test_time()));
  }
  const auto fourth = table.put(test_instance("svc", 4), test_time());
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().code, ErrorCode::kResourceError);
  ASSERT_TRUE(table.put(test_instance("a"), test_time()));
  const auto fifth = table.put(test_instance("b"), test_time());
  ASSERT_FALSE(fifth);
  EXPECT_THAT(fifth.error().message, HasSubstr("bb services remove"));
  EXPECT_EQ(table.size(), 4u);
  ASSERT_TRUE(table.put(test_instance("svc", 3), test_time(seconds(1)))) << "it is known";
}

TEST(ServiceTable, ComesBackFromItsDocument) {
  ServiceTable table;
  ASSERT_TRUE(table.put(test_instance("runs"), test_time(hours(2))));
  ASSERT_TRUE(table.put(test_instance("gone"), test_time()));
  ASSERT_TRUE(table.put(stopped(test_instance("stopped")), test_time(hours(2))));
  const std::string document = table.document(test_time(hours(2)));
  const auto read = ServiceTable::parse(document, test_time(hours(5)));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(listed(*read, hours(5)),
              UnorderedElementsAre("runs/1 live", "gone/1 gone", "stopped/1 stopped"))
      << "who ran when it was written cannot be blamed for the time in between";
  EXPECT_THAT(listed(*read, hours(5) + seconds(31)),
              UnorderedElementsAre("runs/1 gone", "gone/1 gone", "stopped/1 stopped"));
  EXPECT_FALSE(read->changed());
}

TEST(ServiceTable, SaysWhatIsNoDocument) {
  const std::string good = ServiceTable().document(test_time());
  EXPECT_TRUE(ServiceTable::parse(good, test_time()));
  for (const std::string& text :
       {std::string(), std::string("[]"), good.substr(0, good.size() / 2),
        std::string(R"({"version":2,"saved_at":"2026-01-01T00:00:00Z","instances":[]})"),
        std::string(R"({"version":1,"instances":[]})"),
        std::string(R"({"version":1,"saved_at":"2026-01-01T00:00:00Z"})"),
        std::string(R"({"version":1,"saved_at":"2026-01-01T00:00:00Z","instances":[1]})"),
        std::string(R"({"version":1,"saved_at":"2026-01-01T00:00:00Z","instances":[{}]})")}) {
    EXPECT_FALSE(ServiceTable::parse(text, test_time())) << text;
  }
}

TEST(ServiceTable, KnowsWhetherThereIsSomethingToKeep) {
  ServiceTable table;
  EXPECT_FALSE(table.changed());
  ASSERT_TRUE(table.put(test_instance(), test_time()));
  EXPECT_TRUE(table.changed());
  table.set_saved();
  ASSERT_TRUE(table.put(test_instance(), test_time(seconds(10))));
  EXPECT_FALSE(table.changed()) << "a heartbeat";
  ASSERT_TRUE(table.put(stopped(test_instance()), test_time(seconds(11))));
  EXPECT_TRUE(table.changed());
  table.set_saved();
  ASSERT_TRUE(table.remove(test_instance().key));
  EXPECT_TRUE(table.changed());
}

}  // namespace
}  // namespace bb::registry
