// Exchanges that check events against their schemas: the argument x-schema-validation. RabbitMQ has
// nothing like it: it takes the argument and checks nothing.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using Refused = std::set<std::uint64_t>;

class SchemaValidation : public BehaviourTest {
 protected:
  std::string declare(WireChannel& channel, std::string_view policy) {
    const std::string name = unique("exchange");
    channel.call(amqp::exchange::Declare{.exchange = name,
                                         .type = "topic",
                                         .durable = true,
                                         .arguments = {{"x-schema-validation", policy}}});
    return name;
  }
  // A queue that receives what passes, on a channel with confirms.
  std::string listen(WireChannel& channel, std::string_view exchange) {
    const std::string queue = channel.declare_exclusive();
    channel.call(amqp::queue::Bind{.queue = queue, .exchange = exchange, .routing_key = "#"});
    channel.call(amqp::confirm::Select{});
    return queue;
  }
  void clean_up(WireChannel& channel, const std::string& exchange) {
    channel.call(amqp::exchange::Delete{.exchange = exchange});
    channel.call(amqp::queue::Delete{.queue = exchange + ".quarantine"});
  }
};
INSTANTIATE_TEST_SUITE_P(, SchemaValidation, testing::Values("core", "bb"), broker_of);

std::string event(std::string_view event_type, std::string_view payload) {
  return fmt::format(
      R"({{"event_id":"92ac3d31-3cbb-5518-9cc9-eaa1d1198639","event_type":"{}",)"
      R"("timestamp":"2026-01-02T03:04:05Z","version":"1.0.0","source":{{"host":"here",)"
      R"("type":"manual"}},"payload":{}}})",
      event_type, payload);
}
const std::string kGood = event("llm.prompt", R"({"prompt":"hi","provider":"anthropic"})");
const std::string kBad = event("llm.prompt", R"({"prompt":5,"provider":"anthropic"})");
const std::string kUnknown = event("nobody.knows", "{}");

TEST_P(SchemaValidation, StrictTakesWhatASchemaAccepts) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare(channel, "strict");
  const std::string queue = listen(channel, exchange);
  channel.publish(exchange, "llm.prompt", kGood);
  channel.publish(exchange, "llm.prompt", kBad);
  channel.publish(exchange, "nobody.knows", kUnknown);
  channel.publish(exchange, "other.key", kGood);
  channel.publish(exchange, "llm.prompt", "{}");
  EXPECT_EQ(channel.expect_confirms(5), (Refused{2, 3, 4, 5}));
  EXPECT_EQ(channel.get_message(queue).body, kGood);
  EXPECT_EQ(channel.message_count(queue), 0u);
  EXPECT_EQ(channel.message_count(exchange + ".quarantine"), 4u);
  clean_up(channel, exchange);
}

TEST_P(SchemaValidation, PermissiveTakesWhatHasNoSchemaToo) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare(channel, "permissive");
  listen(channel, exchange);
  channel.publish(exchange, "nobody.knows", kUnknown);
  channel.publish(exchange, "llm.prompt", kBad);
  channel.publish(exchange, "nobody.knows", "no envelope");
  EXPECT_EQ(channel.expect_confirms(3), (Refused{2, 3}));
  clean_up(channel, exchange);
}

TEST_P(SchemaValidation, OffTakesAnything) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare(channel, "off");
  const std::string queue = listen(channel, exchange);
  channel.publish(exchange, "llm.prompt", "anything");
  EXPECT_TRUE(channel.expect_confirms(1).empty());
  EXPECT_EQ(channel.drain(queue), "anything ");
  channel.call(amqp::exchange::Delete{.exchange = exchange});
}

TEST_P(SchemaValidation, TheQuarantineTellsWhy) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare(channel, "strict");
  listen(channel, exchange);
  channel.publish(exchange, "llm.prompt", kBad);
  channel.expect_confirms(1);
  const Delivery kept = channel.get_message(exchange + ".quarantine");
  EXPECT_EQ(kept.body, kBad);
  const auto headers = *amqp::decode_table(*kept.properties.headers);
  EXPECT_NE(headers.find("x-refused-reason")->as_string()->find("'llm.prompt'"), std::string::npos);
  const amqp::FieldArray& violations = *headers.find("x-refused-violations")->as_array();
  ASSERT_EQ(violations.size(), 1u);
  const amqp::FieldTable& violation = *violations[0].as_table();
  EXPECT_EQ(*violation.find("pointer")->as_string(), "/payload/prompt");
  EXPECT_EQ(*violation.find("found")->as_string(), "5");
  EXPECT_EQ(*headers.find("x-refused-exchange")->as_string(), exchange);
  EXPECT_EQ(*headers.find("x-refused-routing-key")->as_string(), "llm.prompt");
  clean_up(channel, exchange);
}

TEST_P(SchemaValidation, ThePolicyIsPartOfTheDeclaration) {
  WireChannel channel = connected_channel();
  const std::string exchange = declare(channel, "strict");
  channel.send(amqp::exchange::Declare{.exchange = exchange, .type = "topic", .durable = true});
  channel.expect_closed(
      406, inequivalent("x-schema-validation", "exchange", exchange, "'off'", "'strict'"),
      amqp::exchange::Declare::kId);
  WireChannel again = connected_channel();
  clean_up(again, exchange);
}

TEST_P(SchemaValidation, ThereAreThreePolicies) {
  WireChannel channel = connected_channel();
  const std::string exchange = unique("exchange");
  channel.send(amqp::exchange::Declare{
      .exchange = exchange, .type = "topic", .arguments = {{"x-schema-validation", "loud"}}});
  channel.expect_closed(406,
                        fmt::format("PRECONDITION_FAILED - invalid arg 'x-schema-validation' for "
                                    "exchange '{}' in vhost '/': it is one of off, permissive, "
                                    "strict, not 'loud'",
                                    exchange),
                        amqp::exchange::Declare::kId);
}

}  // namespace
}  // namespace bb::test
