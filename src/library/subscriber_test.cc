#include "bloodbank/subscriber.h"

#include <gmock/gmock.h>

namespace bb {
namespace {

TEST(SubscriberConfig, NamesNoServiceLikeAnotherQueue) {
  for (const std::string name : {"history", "quarantine", "greeter.dlq", "greeter.retry.1000"}) {
    SubscriberConfig config;
    config.service = name;
    config.patterns = {"#"};
    const auto created = Subscriber::create(config, [](const Event&) { return Handling(); });
    ASSERT_FALSE(created) << name;
    EXPECT_EQ(created.error().code, ErrorCode::kUsage);
    EXPECT_THAT(created.error().message, testing::HasSubstr("EXCHANGE." + name));
  }
}

}  // namespace
}  // namespace bb
