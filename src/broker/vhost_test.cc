#include "broker/vhost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "broker/test_queues.h"
#include "broker/test_results.h"
#include "broker/test_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr ConnectionId kAda = 1;
constexpr ConnectionId kBob = 2;

// The exchanges that are there from the beginning count as well.
Options limits(std::size_t queues, std::size_t exchanges, std::size_t bindings) {
  Options options;
  options.queues_max = queues;
  options.exchanges_max = exchanges;
  options.bindings_max = bindings;
  return options;
}

// A vhost with words for what a client asks of it. Ada is who asks.
class TestVHost {
 public:
  explicit TestVHost(const Options& options = {})
      : context_(options, storage_), vhost_("/", context_) {}

  VHost* operator->() { return &vhost_; }
  TestStorage& storage() { return storage_; }

  Result<Queue*> declare(std::string_view queue, Queue::Properties properties = {},
                         ConnectionId by = kAda) {
    return vhost_.declare_queue(queue, std::move(properties), by);
  }
  Result<void> declare_exchange(std::string_view name, ExchangeType type = ExchangeType::kTopic) {
    return vhost_.declare_exchange(name, {.type = type, .arguments = {}});
  }
  Result<void> declare_auto_delete_exchange(std::string_view name) {
    return vhost_.declare_exchange(
        name, {.type = ExchangeType::kTopic, .auto_delete = true, .arguments = {}});
  }
  Result<void> bind(std::string_view queue, std::string_view exchange, std::string_view key) {
    return vhost_.bind(**vhost_.find_queue(queue, kAda), exchange, key, {});
  }
  Result<void> unbind(std::string_view queue, std::string_view exchange, std::string_view key) {
    return vhost_.unbind(queue, kAda, exchange, key, {});
  }
  std::vector<std::string> reached(std::string_view exchange, std::string_view key) {
    const auto queues = vhost_.route(exchange, {.routing_key = key, .headers = std::nullopt});
    if (!queues) return {queues.error().message};
    return names_of(*queues);
  }
  void remove(std::string_view queue) { vhost_.remove_queue(**vhost_.find_queue(queue, kAda)); }

 private:
  TestStorage storage_;
  BrokerContext context_;
  VHost vhost_;
};

TEST(VHost, BeginsWithTheExchangesThatEveryClientCountsOn) {
  TestVHost vhost;
  struct Case {
    std::string_view name;
    ExchangeType type;
  };
  for (const Case& c :
       {Case{"", ExchangeType::kDirect}, Case{"amq.direct", ExchangeType::kDirect},
        Case{"amq.fanout", ExchangeType::kFanout}, Case{"amq.topic", ExchangeType::kTopic},
        Case{"amq.headers", ExchangeType::kHeaders}, Case{"amq.match", ExchangeType::kHeaders}}) {
    const auto exchange = vhost->find_exchange(c.name);
    ASSERT_TRUE(exchange) << c.name;
    EXPECT_EQ((*exchange)->properties().type, c.type) << c.name;
    EXPECT_TRUE((*exchange)->properties().durable) << c.name;
  }
}

TEST(VHost, TheDefaultExchangeLeadsToTheQueueOfThatName) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  EXPECT_THAT(vhost.reached("", "q"), ElementsAre("q"));
  EXPECT_THAT(vhost.reached("", "other"), IsEmpty());
  vhost.remove("q");
  EXPECT_THAT(vhost.reached("", "q"), IsEmpty());
}

TEST(VHost, AMessageReachesAQueueOnceHoweverManyBindingsMatch) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  ASSERT_TRUE(vhost.declare("r"));
  for (const char* key : {"#", "a.*", "a.b"}) ASSERT_TRUE(vhost.bind("q", "amq.topic", key));
  ASSERT_TRUE(vhost.bind("r", "amq.topic", "a.b"));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(vhost.reached("amq.topic", "a.b"), ElementsAre("q", "r"));
}

TEST(VHost, BindingTwiceIsOneBinding) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  ASSERT_TRUE(vhost.bind("q", "amq.topic", "a"));
  ASSERT_TRUE(vhost.bind("q", "amq.topic", "a"));
  EXPECT_EQ(vhost->binding_count(), 1u);
  ASSERT_TRUE(vhost.unbind("q", "amq.topic", "a"));
  EXPECT_EQ(vhost->binding_count(), 0u);
  EXPECT_THAT(vhost.reached("amq.topic", "a"), IsEmpty());
}

TEST(VHost, UnbindingWhatIsNotBoundIsFine) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  EXPECT_TRUE(vhost.unbind("q", "amq.topic", "a"));
  EXPECT_TRUE(vhost.unbind("q", "no exchange", "a"));
  EXPECT_TRUE(vhost.unbind("no queue", "amq.topic", "a"));
}

TEST(VHost, ADeletedQueueTakesItsBindingsAlong) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  for (const char* exchange : {"amq.topic", "amq.fanout", "amq.direct"}) {
    ASSERT_TRUE(vhost.bind("q", exchange, "a"));
  }
  vhost.remove("q");
  EXPECT_EQ(vhost->binding_count(), 0u);
  EXPECT_EQ(vhost->queue_count(), 0u);
  EXPECT_THAT(vhost.reached("amq.fanout", "a"), IsEmpty());
}

TEST(VHost, ADeletedExchangeTakesItsBindingsAlong) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  ASSERT_TRUE(vhost.declare_exchange("x"));
  for (const char* key : {"a", "b"}) ASSERT_TRUE(vhost.bind("q", "x", key));
  ASSERT_TRUE(vhost.bind("q", "amq.topic", "a"));
  ASSERT_TRUE(vhost->delete_exchange("x", /*if_unused=*/false));
  EXPECT_EQ(vhost->binding_count(), 1u);
  EXPECT_THAT(vhost.reached("x", "a"), ElementsAre("no exchange 'x' in vhost '/'"));

  // One of the same name knows nothing of them.
  ASSERT_TRUE(vhost.declare_exchange("x"));
  EXPECT_THAT(vhost.reached("x", "a"), IsEmpty());
  ASSERT_TRUE(vhost.bind("q", "x", "a"));
  EXPECT_THAT(vhost.reached("x", "a"), ElementsAre("q"));
  vhost.remove("q");
  EXPECT_EQ(vhost->binding_count(), 0u);
}

TEST(VHost, AnExchangeInUseIsNotDeletedIfUnused) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  ASSERT_TRUE(vhost.declare_exchange("x"));
  ASSERT_TRUE(vhost.bind("q", "x", "a"));
  EXPECT_EQ(code_of(vhost->delete_exchange("x", /*if_unused=*/true)),
            ErrorCode::kPreconditionFailed);
  ASSERT_TRUE(vhost.unbind("q", "x", "a"));
  EXPECT_TRUE(vhost->delete_exchange("x", /*if_unused=*/true));
}

TEST(VHost, AnAutoDeleteExchangeGoesWithItsLastBinding) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  ASSERT_TRUE(vhost.declare_auto_delete_exchange("x"));
  EXPECT_TRUE(vhost->find_exchange("x")) << "it waits for its first binding";
  ASSERT_TRUE(vhost.bind("q", "x", "a"));
  ASSERT_TRUE(vhost.bind("q", "x", "b"));
  ASSERT_TRUE(vhost.unbind("q", "x", "a"));
  EXPECT_TRUE(vhost->find_exchange("x"));
  ASSERT_TRUE(vhost.unbind("q", "x", "b"));
  EXPECT_EQ(code_of(vhost->find_exchange("x")), ErrorCode::kNotFound);
}

TEST(VHost, AnAutoDeleteExchangeGoesWithItsLastQueue) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  ASSERT_TRUE(vhost.declare_auto_delete_exchange("x"));
  ASSERT_TRUE(vhost.bind("q", "x", "a"));
  ASSERT_TRUE(vhost.bind("q", "x", "b"));
  vhost.remove("q");
  EXPECT_EQ(code_of(vhost->find_exchange("x")), ErrorCode::kNotFound);
  EXPECT_EQ(vhost->binding_count(), 0u);
}

TEST(VHost, QueuesExchangesAndBindingsHaveLimits) {
  TestVHost vhost(limits(/*queues=*/2, /*exchanges=*/8, /*bindings=*/2));
  for (const char* queue : {"q1", "q2"}) ASSERT_TRUE(vhost.declare(queue));
  const auto queue = vhost.declare("q3");
  EXPECT_EQ(code_of(queue), ErrorCode::kPreconditionFailed);
  EXPECT_THAT(message_of(queue), HasSubstr("limit of 2 queues"));

  for (const char* exchange : {"x1", "x2"}) ASSERT_TRUE(vhost.declare_exchange(exchange));
  const auto exchange = vhost.declare_exchange("x3");
  EXPECT_EQ(code_of(exchange), ErrorCode::kPreconditionFailed);
  EXPECT_THAT(message_of(exchange), HasSubstr("limit of 8 exchanges"));

  for (const char* key : {"a", "b"}) ASSERT_TRUE(vhost.bind("q1", "x1", key));
  const auto binding = vhost.bind("q1", "x1", "c");
  EXPECT_EQ(code_of(binding), ErrorCode::kPreconditionFailed);
  EXPECT_THAT(message_of(binding), HasSubstr("limit of 2 bindings"));
  const auto between = vhost->bind_exchange("amq.fanout", "amq.topic", "a", {});
  EXPECT_EQ(message_of(between),
            "cannot bind exchange 'amq.fanout' in vhost '/': the limit of 2 bindings is reached "
            "(bb serve "
            "--bindings-max)");
}

TEST(VHost, AtTheLimitWhatExistsIsStillFoundAndWhatGoesMakesRoom) {
  TestVHost vhost(limits(/*queues=*/1, /*exchanges=*/7, /*bindings=*/1));
  ASSERT_TRUE(vhost.declare("q"));
  ASSERT_TRUE(vhost.declare_exchange("x"));
  ASSERT_TRUE(vhost.bind("q", "x", "a"));

  EXPECT_TRUE(vhost.declare("q"));
  EXPECT_TRUE(vhost.declare_exchange("x"));
  EXPECT_TRUE(vhost.bind("q", "x", "a"));

  ASSERT_TRUE(vhost.unbind("q", "x", "a"));
  EXPECT_TRUE(vhost.bind("q", "x", "b"));
  ASSERT_TRUE(vhost->delete_exchange("x", /*if_unused=*/false));
  EXPECT_TRUE(vhost.declare_exchange("y"));
  vhost.remove("q");
  EXPECT_TRUE(vhost.declare("r"));
  EXPECT_TRUE(vhost.bind("r", "y", "a"));
}

TEST(VHost, AnExclusiveQueueIsLockedForOthers) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("hers", {.exclusive_to = kAda, .arguments = {}}));
  EXPECT_TRUE(vhost->find_queue("hers", kAda));
  EXPECT_EQ(code_of(vhost->find_queue("hers", kBob)), ErrorCode::kResourceLocked);
  EXPECT_EQ(code_of(vhost.declare("hers", {}, kBob)), ErrorCode::kResourceLocked);
  EXPECT_EQ(code_of(vhost.declare("hers", {.exclusive_to = kBob, .arguments = {}}, kBob)),
            ErrorCode::kResourceLocked);
  EXPECT_EQ(code_of(vhost->find_deletable_queue("hers", kBob, false, false)),
            ErrorCode::kResourceLocked);
}

TEST(VHost, ExclusiveQueuesGoWithTheirConnectionAndNoOthers) {
  TestVHost vhost;
  for (const char* name : {"hers 1", "hers 2"}) {
    ASSERT_TRUE(vhost.declare(name, {.exclusive_to = kAda, .arguments = {}}));
  }
  ASSERT_TRUE(vhost.declare("his", {.exclusive_to = kBob, .arguments = {}}, kBob));
  ASSERT_TRUE(vhost.declare("everyone's"));
  vhost->connection_closed(kAda);
  EXPECT_EQ(code_of(vhost->find_queue("hers 1", kAda)), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(vhost->find_queue("hers 2", kAda)), ErrorCode::kNotFound);
  EXPECT_TRUE(vhost->find_queue("his", kBob));
  EXPECT_TRUE(vhost->find_queue("everyone's", kAda));
}

TEST(VHost, ARedeclarationMustSayTheSame) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q", {.durable = true, .arguments = {}}));
  const auto other = vhost.declare("q");
  EXPECT_EQ(code_of(other), ErrorCode::kPreconditionFailed);
  EXPECT_EQ(message_of(other),
            "inequivalent arg 'durable' for queue 'q' in vhost '/': received 'false' but current "
            "is 'true'");

  ASSERT_TRUE(vhost.declare_exchange("x", ExchangeType::kTopic));
  EXPECT_TRUE(vhost.declare_exchange("x", ExchangeType::kTopic));
  EXPECT_EQ(code_of(vhost.declare_exchange("x", ExchangeType::kFanout)),
            ErrorCode::kPreconditionFailed);
}

TEST(VHost, AQueueWithoutANameGetsOneOfItsOwn) {
  TestVHost vhost;
  const auto first = vhost.declare("");
  const auto second = vhost.declare("");
  ASSERT_TRUE(first && second);
  EXPECT_THAT((*first)->name(), testing::StartsWith("amq.gen-"));
  EXPECT_NE((*first)->name(), (*second)->name());
  EXPECT_EQ(vhost->find_queue((*first)->name(), kAda), first);
}

TEST(VHost, ReservedNamesAndTheDefaultExchangeAreRefused) {
  TestVHost vhost;
  ASSERT_TRUE(vhost.declare("q"));
  EXPECT_EQ(code_of(vhost.declare("amq.mine")), ErrorCode::kAccessRefused);
  EXPECT_EQ(code_of(vhost.declare_exchange("amq.mine")), ErrorCode::kAccessRefused);
  EXPECT_EQ(code_of(vhost.declare_exchange("")), ErrorCode::kAccessRefused);
  EXPECT_EQ(code_of(vhost->delete_exchange("amq.topic", false)), ErrorCode::kAccessRefused);
  EXPECT_EQ(code_of(vhost->delete_exchange("", false)), ErrorCode::kAccessRefused);
  EXPECT_EQ(code_of(vhost.bind("q", "", "a")), ErrorCode::kAccessRefused);
  EXPECT_EQ(code_of(vhost.unbind("q", "", "q")), ErrorCode::kAccessRefused);
}

TEST(VHost, TheStorageForgetsDurableQueuesThatGo) {
  TestVHost vhost;
  const auto durable = vhost.declare("durable", {.durable = true, .arguments = {}});
  ASSERT_TRUE(durable);
  const QueueId id = (*durable)->id();
  ASSERT_TRUE(vhost.declare("transient"));
  vhost.remove("transient");
  vhost.remove("durable");
  EXPECT_THAT(vhost.storage().calls(), ElementsAre("forget " + std::to_string(id)));

  const auto again = vhost.declare("durable", {.durable = true, .arguments = {}});
  EXPECT_NE((*again)->id(), id) << "ids are never used again";
}

// A NaN is unlike itself; the binding that it was in must still be found.
TEST(VHost, ALongChainOfAutoDeleteExchangesGoesAtOnce) {
  TestVHost vhost;
  const int count = 20'000;
  const auto name = [](int i) { return "x" + std::to_string(i); };
  for (int i = 0; i < count; ++i) {
    ASSERT_TRUE(vhost.declare_auto_delete_exchange(name(i)));
    if (i == 0) continue;
    ASSERT_TRUE(vhost->bind_exchange(name(i), name(i - 1), "k", {}));
  }
  ASSERT_TRUE(vhost.declare("q"));
  ASSERT_TRUE(vhost.bind("q", name(count - 1), "k"));
  EXPECT_THAT(vhost.reached(name(0), "k"), ElementsAre("q"));
  vhost.remove("q");
  EXPECT_EQ(vhost->binding_count(), 0u);
  for (const int i : {0, count / 2, count - 1}) EXPECT_FALSE(vhost->has_exchange(name(i)));
}

TEST(VHost, ABindingBetweenExchangesGoesWithEitherEnd) {
  for (const char* gone : {"from", "to"}) {
    TestVHost vhost;
    ASSERT_TRUE(vhost.declare_exchange("from"));
    ASSERT_TRUE(vhost.declare_exchange("to"));
    ASSERT_TRUE(vhost->bind_exchange("to", "from", "a", {}));
    ASSERT_TRUE(vhost->bind_exchange("to", "from", "b", {}));
    ASSERT_TRUE(vhost->bind_exchange("from", "to", "a", {}));
    ASSERT_TRUE(vhost->bind_exchange("from", "from", "a", {}));
    ASSERT_TRUE(vhost->bind_exchange("to", "to", "a", {}));
    EXPECT_EQ(vhost->binding_count(), 5u);
    ASSERT_TRUE(vhost->delete_exchange(gone, /*if_unused=*/false));
    EXPECT_EQ(vhost->binding_count(), 1u) << gone;
    vhost->clear();
    EXPECT_EQ(vhost->binding_count(), 0u);
  }
}

TEST(VHost, ABindingWithANanIsOneBindingAndGoesAgain) {
  const amqp::FieldTable not_a_number{{"x", std::numeric_limits<double>::quiet_NaN()}};
  for (const char* exchange : {"amq.headers", "amq.topic"}) {
    SCOPED_TRACE(exchange);
    TestVHost vhost;
    ASSERT_TRUE(vhost.declare("q"));
    Queue& queue = **vhost->find_queue("q", kAda);
    ASSERT_TRUE(vhost->bind(queue, exchange, "k", not_a_number));
    ASSERT_TRUE(vhost->bind(queue, exchange, "k", not_a_number));
    EXPECT_EQ(vhost->binding_count(), 1u);
    ASSERT_TRUE(vhost->unbind("q", kAda, exchange, "k", not_a_number));
    EXPECT_EQ(vhost->binding_count(), 0u);
    ASSERT_TRUE(vhost->bind(queue, exchange, "k", not_a_number));
    vhost->remove_queue(queue);
    EXPECT_EQ(vhost->binding_count(), 0u);
  }
}

}  // namespace
}  // namespace bb::broker
