// Headers exchanges: what a binding asks of a message's headers.
#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;

class HeadersTest : public BehaviourTest {
 protected:
  // Whether a message with these headers reaches a queue bound with these arguments.
  bool reaches(const FieldTable& arguments, const FieldTable& headers) {
    WireChannel channel = connected_channel();
    const std::string exchange = declare_exchange(channel, "headers");
    const std::string queue = channel.declare_exclusive();
    channel.call(amqp::queue::Bind{.queue = queue, .exchange = exchange, .arguments = arguments});
    const std::string encoded = amqp::encode_table_content(headers);
    channel.route(exchange, "ignored", "body", {.headers = as_bytes(encoded)});
    const bool reached = channel.message_count(queue) == 1;
    channel.client().say_goodbye();
    return reached;
  }
};

using HeadersBehaviour = HeadersTest;
INSTANTIATE_TEST_SUITE_P(, HeadersBehaviour, testing::Values("core", "bb", "rabbitmq"), broker_of);

TEST_P(HeadersBehaviour, AllIsTheDefault) {
  const FieldTable arguments{{"kind", "report"}, {"size", std::int32_t{3}}};
  EXPECT_TRUE(reaches(arguments, {{"kind", "report"}, {"size", std::int32_t{3}}}));
  EXPECT_TRUE(reaches(arguments, {{"size", std::int32_t{3}}, {"more", 1}, {"kind", "report"}}));
  EXPECT_FALSE(reaches(arguments, {{"kind", "report"}}));
  EXPECT_FALSE(reaches(arguments, {{"kind", "report"}, {"size", std::int32_t{4}}}));
  EXPECT_FALSE(reaches(arguments, {}));
}

TEST_P(HeadersBehaviour, AnyNeedsOne) {
  const FieldTable arguments{{"x-match", "any"}, {"kind", "report"}, {"size", std::int32_t{3}}};
  EXPECT_TRUE(reaches(arguments, {{"kind", "report"}}));
  EXPECT_TRUE(reaches(arguments, {{"kind", "other"}, {"size", std::int32_t{3}}}));
  EXPECT_FALSE(reaches(arguments, {{"kind", "other"}}));
}

TEST_P(HeadersBehaviour, NoConditionsMatchAllAndNotAny) {
  EXPECT_TRUE(reaches({}, {}));
  EXPECT_TRUE(reaches({{"x-match", "all"}}, {{"kind", "report"}}));
  EXPECT_FALSE(reaches({{"x-match", "any"}}, {{"kind", "report"}}));
}

TEST_P(HeadersBehaviour, AVoidConditionAsksForPresenceAlone) {
  EXPECT_TRUE(reaches({{"kind", FieldValue{}}}, {{"kind", "anything"}}));
  EXPECT_FALSE(reaches({{"kind", FieldValue{}}}, {{"other", "anything"}}));
}

TEST_P(HeadersBehaviour, IntegersAreComparedByValue) {
  EXPECT_TRUE(reaches({{"size", std::int32_t{3}}}, {{"size", std::int64_t{3}}}));
  EXPECT_TRUE(reaches({{"size", std::int8_t{3}}}, {{"size", std::int16_t{3}}}));
}

TEST_P(HeadersBehaviour, ValuesOfDifferentKindsAreDifferent) {
  EXPECT_FALSE(reaches({{"size", std::int32_t{3}}}, {{"size", "3"}}));
  EXPECT_FALSE(reaches({{"size", true}}, {{"size", "true"}}));
}

TEST_P(HeadersBehaviour, NamesThatStartWithXTakePartWhenAskedTo) {
  const FieldTable headers{{"x-kind", "report"}};
  EXPECT_TRUE(reaches({{"x-kind", "other"}}, headers));
  EXPECT_FALSE(reaches({{"x-match", "any"}, {"x-kind", "report"}}, headers));
  EXPECT_FALSE(reaches({{"x-match", "all-with-x"}, {"x-kind", "other"}}, headers));
  EXPECT_TRUE(reaches({{"x-match", "all-with-x"}, {"x-kind", "report"}}, headers));
  EXPECT_TRUE(reaches({{"x-match", "any-with-x"}, {"x-kind", "report"}}, headers));
}

TEST_P(HeadersBehaviour, AnUnknownMatchIsRefused) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.send(amqp::queue::Bind{
      .queue = queue, .exchange = "amq.headers", .arguments = {{"x-match", "some"}}});
  channel.expect_closed(406,
                        "PRECONDITION_FAILED - Invalid x-match field value <<\"some\">>; expected "
                        "all, any, all-with-x, or any-with-x",
                        amqp::queue::Bind::kId);
}

TEST_P(HeadersBehaviour, AMatchThatIsNoTextIsRefused) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.send(amqp::queue::Bind{
      .queue = queue, .exchange = "amq.headers", .arguments = {{"x-match", std::int32_t{1}}}});
  channel.expect_closed(406,
                        "PRECONDITION_FAILED - Invalid x-match field type signedint (value 1); "
                        "expected longstr",
                        amqp::queue::Bind::kId);
}

TEST_P(HeadersBehaviour, MatchIsAnotherNameOfHeaders) {
  WireChannel channel = connected_channel();
  const std::string queue = channel.declare_exclusive();
  channel.call(amqp::queue::Bind{
      .queue = queue, .exchange = "amq.match", .arguments = {{"to", std::string_view(queue)}}});
  const std::string headers = amqp::encode_table_content({{"to", std::string_view(queue)}});
  channel.publish("amq.match", "", "body", {.headers = as_bytes(headers)});
  EXPECT_EQ(channel.drain(queue), "body ");
}

}  // namespace
}  // namespace bb::test
