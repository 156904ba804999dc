#include "broker/consumer_arguments.h"

#include <gtest/gtest.h>

#include <limits>

namespace bb::broker {
namespace {

using Kind = StreamStart::Kind;
constexpr std::int64_t kNow = 1'000'000'000'000;

StreamStart start_of(const amqp::FieldValue& offset) {
  const auto parsed = parse_consumer_arguments(QueueType::kStream, {{"x-stream-offset", offset}},
                                               "queue 's'", kNow);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? parsed->start : StreamStart();
}
std::string refusal_of(QueueType type, const amqp::FieldTable& arguments) {
  const auto parsed = parse_consumer_arguments(type, arguments, "queue 's'", kNow);
  EXPECT_FALSE(parsed);
  return parsed ? "" : parsed.error().message;
}

TEST(ConsumerArguments, ReadersBeginWithWhatComesNext) {
  const auto parsed = parse_consumer_arguments(QueueType::kStream, {}, "queue 's'", kNow);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->start.kind, Kind::kNext);
}

TEST(ConsumerArguments, ReadersBeginWhereTheySay) {
  EXPECT_EQ(start_of("first").kind, Kind::kFirst);
  EXPECT_EQ(start_of("last").kind, Kind::kLast);
  EXPECT_EQ(start_of("next").kind, Kind::kNext);
  EXPECT_EQ(start_of(std::uint8_t{5}).offset, 5u);
  EXPECT_EQ(start_of(std::int64_t{1} << 40).offset, UINT64_C(1) << 40);
  EXPECT_EQ(start_of(-7).kind, Kind::kFirst);
}

TEST(ConsumerArguments, ReadersBeginAtATime) {
  EXPECT_EQ(start_of(amqp::FieldTimestamp{12}).kind, Kind::kTime);
  EXPECT_EQ(start_of(amqp::FieldTimestamp{12}).time_ms, 12'000);
  EXPECT_GT(start_of(amqp::FieldTimestamp{UINT64_MAX}).time_ms, kNow);
  EXPECT_EQ(start_of("90s").time_ms, kNow - 90'000);
  EXPECT_EQ(start_of("2D").time_ms, kNow - 2 * 86'400'000);
}

TEST(ConsumerArguments, RefusesWhatIsNoPlace) {
  EXPECT_EQ(refusal_of(QueueType::kStream, {{"x-stream-offset", "5x"}}),
            "invalid arg 'x-stream-offset' for queue 's': "
            "{invalid_stream_offset_arg,{longstr,<<\"5x\">>}}");
  EXPECT_EQ(refusal_of(QueueType::kStream, {{"x-stream-offset", 1.5}}),
            "invalid arg 'x-stream-offset' for queue 's': "
            "{invalid_stream_offset_arg,{double,1.5}}");
}

TEST(ConsumerArguments, EachTypeOfQueueHasItsOwn) {
  EXPECT_EQ(refusal_of(QueueType::kStream, {{"x-priority", 5}}),
            "invalid arg 'x-priority' for queue 's' of queue type rabbit_stream_queue");
  EXPECT_EQ(refusal_of(QueueType::kClassic, {{"x-stream-offset", "bogus"}}),
            "invalid arg 'x-stream-offset' for queue 's' of queue type rabbit_classic_queue");
  EXPECT_EQ(refusal_of(QueueType::kQuorum, {{"x-cancel-on-ha-failover", true}}),
            "invalid arg 'x-cancel-on-ha-failover' for queue 's' of queue type "
            "rabbit_quorum_queue");
  const auto parsed = parse_consumer_arguments(
      QueueType::kClassic, {{"x-priority", 5}, {"x-anything", 1}}, "queue 's'", kNow);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->priority, 5);
}

}  // namespace
}  // namespace bb::broker
