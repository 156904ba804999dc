#include "broker/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "broker/test_queues.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr ExchangeType kTypes[] = {ExchangeType::kDirect, ExchangeType::kFanout,
                                   ExchangeType::kTopic, ExchangeType::kHeaders};

// An exchange and queues to bind to it.
class BoundExchange {
 public:
  explicit BoundExchange(ExchangeType type) : exchange("x", {.type = type, .arguments = {}}) {}

  Result<void> bind(const char* queue, std::string key, amqp::FieldTable arguments = {}) {
    return exchange.bind({"x", std::move(key), std::move(arguments)}, queues_[queue]);
  }
  void unbind(const char* queue, std::string key, amqp::FieldTable arguments = {}) {
    exchange.unbind({"x", std::move(key), std::move(arguments)}, queues_[queue]);
  }
  // The names of those reached, each once.
  std::set<std::string> reached(std::string_view key, const amqp::FieldTable& headers = {}) {
    const std::string encoded = amqp::encode_table_content(headers);
    RoutingInput input{.routing_key = key, .headers = std::nullopt};
    if (!headers.empty()) input.headers = as_bytes(encoded);
    Destinations found;
    exchange.route(input, found);
    const auto names = names_of(found.queues);
    return {names.begin(), names.end()};
  }

  Exchange exchange;

 private:
  TestQueues queues_;
};

TEST(ExchangeType, NamesAndTypesAreEachOthersInverse) {
  for (const ExchangeType type : kTypes) EXPECT_EQ(parse_exchange_type(to_string(type)), type);
  for (const char* name : {"", "Direct", "x-consistent-hash", "direct "}) {
    EXPECT_EQ(parse_exchange_type(name), std::nullopt) << name;
  }
}

TEST(DirectExchange, TheKeyIsTakenAsItIs) {
  BoundExchange bound(ExchangeType::kDirect);
  ASSERT_TRUE(bound.bind("plain", "a"));
  ASSERT_TRUE(bound.bind("hash", "#"));
  ASSERT_TRUE(bound.bind("empty", ""));
  EXPECT_THAT(bound.reached("a"), ElementsAre("plain"));
  EXPECT_THAT(bound.reached("#"), ElementsAre("hash"));
  EXPECT_THAT(bound.reached(""), ElementsAre("empty"));
  EXPECT_THAT(bound.reached("a.b"), IsEmpty());
}

TEST(DirectExchange, SeveralQueuesShareAKeyAndOneQueueHasSeveralKeys) {
  BoundExchange bound(ExchangeType::kDirect);
  for (const char* key : {"a", "b"}) ASSERT_TRUE(bound.bind("both", key));
  ASSERT_TRUE(bound.bind("one", "a"));
  EXPECT_THAT(bound.reached("a"), ElementsAre("both", "one"));
  bound.unbind("both", "a");
  EXPECT_THAT(bound.reached("a"), ElementsAre("one"));
  EXPECT_THAT(bound.reached("b"), ElementsAre("both"));
}

TEST(FanoutExchange, TheKeyDoesNotMatter) {
  BoundExchange bound(ExchangeType::kFanout);
  ASSERT_TRUE(bound.bind("a", "one"));
  ASSERT_TRUE(bound.bind("a", "two"));
  ASSERT_TRUE(bound.bind("b", ""));
  EXPECT_THAT(bound.reached("anything"), ElementsAre("a", "b"));
  bound.unbind("a", "one");
  EXPECT_THAT(bound.reached("anything"), ElementsAre("a", "b"));
  bound.unbind("a", "two");
  EXPECT_THAT(bound.reached("anything"), ElementsAre("b"));
}

TEST(TopicExchange, TheKeyIsMatchedWordByWord) {
  BoundExchange bound(ExchangeType::kTopic);
  ASSERT_TRUE(bound.bind("all", "#"));
  ASSERT_TRUE(bound.bind("one", "voice.*"));
  EXPECT_THAT(bound.reached("voice.started"), ElementsAre("all", "one"));
  EXPECT_THAT(bound.reached("voice.session.started"), ElementsAre("all"));
  bound.unbind("all", "#");
  EXPECT_THAT(bound.reached("voice.session.started"), IsEmpty());
}

TEST(HeadersExchange, TheHeadersDecideAndTheKeyDoesNot) {
  BoundExchange bound(ExchangeType::kHeaders);
  ASSERT_TRUE(bound.bind("voice", "k", {{"kind", "voice"}}));
  ASSERT_TRUE(bound.bind("either", "k", {{"x-match", "any"}, {"kind", "voice"}, {"loud", true}}));
  EXPECT_THAT(bound.reached("other", {{"kind", "voice"}}), ElementsAre("either", "voice"));
  EXPECT_THAT(bound.reached("k", {{"loud", true}}), ElementsAre("either"));
  EXPECT_THAT(bound.reached("k"), IsEmpty());
}

TEST(HeadersExchange, AMessageWithoutHeadersHasNone) {
  BoundExchange bound(ExchangeType::kHeaders);
  ASSERT_TRUE(bound.bind("unconditional", ""));
  ASSERT_TRUE(bound.bind("voice", "", {{"kind", "voice"}}));
  EXPECT_THAT(bound.reached(""), ElementsAre("unconditional"));
}

TEST(HeadersExchange, BindingsOfOneQueueAreToldApartByTheirArguments) {
  BoundExchange bound(ExchangeType::kHeaders);
  ASSERT_TRUE(bound.bind("q", "", {{"kind", "voice"}}));
  ASSERT_TRUE(bound.bind("q", "", {{"kind", "text"}}));
  bound.unbind("q", "", {{"kind", "text"}});
  EXPECT_THAT(bound.reached("", {{"kind", "text"}}), IsEmpty());
  EXPECT_THAT(bound.reached("", {{"kind", "voice"}}), ElementsAre("q"));
}

TEST(HeadersExchange, ABindingThatIsRefusedDoesNotCount) {
  BoundExchange bound(ExchangeType::kHeaders);
  const auto refused = bound.bind("q", "", {{"x-match", "some"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(bound.exchange.binding_count(), 0u);
  EXPECT_THAT(bound.reached(""), IsEmpty());
}

TEST(Exchange, CountsItsBindingsWhateverItsType) {
  for (const ExchangeType type : kTypes) {
    SCOPED_TRACE(to_string(type));
    BoundExchange bound(type);
    ASSERT_TRUE(bound.bind("a", "k"));
    ASSERT_TRUE(bound.bind("a", "l"));
    ASSERT_TRUE(bound.bind("b", "k"));
    EXPECT_EQ(bound.exchange.binding_count(), 3u);
    bound.unbind("a", "k");
    EXPECT_EQ(bound.exchange.binding_count(), 2u);
    bound.unbind("a", "l");
    bound.unbind("b", "k");
    EXPECT_EQ(bound.exchange.binding_count(), 0u);
    EXPECT_THAT(bound.reached("k"), IsEmpty());
  }
}

}  // namespace
}  // namespace bb::broker
