#include "client/service_names.h"

#include <gmock/gmock.h>

namespace bb::client {
namespace {

using testing::HasSubstr;

TEST(SideQueue, BelongsToTheQueueItIsCalledAfter) {
  EXPECT_EQ(side_queue_of("a.b.dlq")->owner, "a.b");
  EXPECT_TRUE(side_queue_of("a.b.dlq")->is_dead_letters);
  EXPECT_EQ(side_queue_of("a.b.retry.5000")->owner, "a.b");
  EXPECT_FALSE(side_queue_of("a.b.retry.5000")->is_dead_letters);
  for (const std::string_view none : {"a.b", ".dlq", "a.retry.", "a.retry.5s", "dlq", ".retry.5"}) {
    EXPECT_FALSE(side_queue_of(none)) << none;
  }
}

TEST(ServiceName, IsNoneThatOtherQueuesHave) {
  for (const std::string_view name :
       {"history", "quarantine", "x.dlq", "dlq", "x.retry.1000", "retry.1000"}) {
    const auto checked = check_service_name(name);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().code, ErrorCode::kUsage);
    EXPECT_THAT(checked.error().message, HasSubstr("EXCHANGE." + std::string(name)));
  }
}

TEST(ServiceName, MayBeginLikeThose) {
  for (const std::string_view name :
       {"greeter", "team.greeter", "history.reader", "my-history", "dlq.watcher", "dlqs", "retry",
        "x.retry.soon", "retry.1000.x"}) {
    EXPECT_TRUE(check_service_name(name)) << name;
  }
}

}  // namespace
}  // namespace bb::client
