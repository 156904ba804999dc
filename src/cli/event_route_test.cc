#include "cli/event_route.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

using testing::ElementsAre;

// The small vocabulary of these tests.
struct Broker {
  BrokerTopology topology;

  Broker& exchange(std::string name, std::string type = "topic", std::string alternate = "") {
    topology.exchanges.push_back({std::move(name), std::move(type), std::move(alternate)});
    return *this;
  }
  Broker& queue(std::string name) {
    topology.queues.push_back({std::move(name), "classic"});
    return *this;
  }
  Broker& bind(std::string source, std::string key, std::string queue, std::string arguments = "") {
    topology.bindings.push_back(
        {std::move(source), std::move(queue), false, std::move(key), std::move(arguments)});
    return *this;
  }
  Broker& link(std::string source, std::string key, std::string exchange) {
    topology.bindings.push_back({std::move(source), std::move(exchange), true, std::move(key), ""});
    return *this;
  }

  std::vector<std::string> routed(const std::string& exchange, std::string_view key) const {
    std::vector<std::string> names;
    for (const QueueRoute& route : find_routes(topology, exchange, key)) {
      names.push_back(route.queue_name);
    }
    return names;
  }
};

TEST(EventRoute, IsEveryQueueWithABindingThatTakesTheKey) {
  Broker broker;
  broker.exchange("events").queue("a").queue("b").queue("c");
  broker.bind("events", "llm.*", "b").bind("events", "#", "a").bind("events", "github.#", "c");
  broker.bind("events", "llm.prompt", "b").bind("other", "#", "c");
  EXPECT_THAT(broker.routed("events", "llm.prompt"), ElementsAre("a", "b"));
  const auto routes = find_routes(broker.topology, "events", "llm.prompt");
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[1].ways.size(), 2U) << "by both of its bindings";
  EXPECT_EQ(routes[1].queue, broker.topology.find_queue("b"));
  EXPECT_TRUE(broker.routed("none", "llm.prompt").empty());
}

TEST(EventRoute, GoesByTheTypeOfTheExchange) {
  Broker broker;
  broker.exchange("direct", "direct").exchange("fanout", "fanout").exchange("headers", "headers");
  broker.exchange("hash", "x-consistent-hash").exchange("", "direct").queue("a");
  broker.bind("direct", "llm.*", "a").bind("direct", "llm.prompt", "b").bind("fanout", "x", "a");
  broker.bind("headers", "", "a", "x-match=all,format=pdf").bind("headers", "", "b", "x-match=all");
  broker.bind("hash", "1", "a");
  EXPECT_THAT(broker.routed("direct", "llm.prompt"), ElementsAre("b"));
  EXPECT_THAT(broker.routed("fanout", "llm.prompt"), ElementsAre("a"));
  EXPECT_THAT(broker.routed("headers", "llm.prompt"), ElementsAre("b"));
  EXPECT_THAT(broker.routed("hash", "llm.prompt"), ElementsAre());
  EXPECT_THAT(broker.routed("", "a"), ElementsAre("a")) << "bound by its name";
}

TEST(EventRoute, LeadsOnFromExchangeToExchange) {
  Broker broker;
  broker.exchange("events").exchange("audit", "fanout").queue("a");
  broker.link("events", "llm.#", "audit").link("audit", "", "events").bind("audit", "", "a");
  EXPECT_THAT(broker.routed("events", "llm.prompt"), ElementsAre("a")) << "circles end";
  EXPECT_THAT(broker.routed("events", "github.push"), ElementsAre());
  const auto routes = find_routes(broker.topology, "events", "llm.prompt");
  ASSERT_EQ(routes[0].ways[0].size(), 2U);
  EXPECT_EQ(routes[0].ways[0][0].binding->key, "llm.#");
  EXPECT_EQ(routes[0].ways[0][1].exchange, "audit");
}

TEST(EventRoute, IsTheAlternateWhereNothingElseTakesIt) {
  Broker broker;
  broker.exchange("events", "topic", "rest").exchange("rest", "fanout").queue("a").queue("b");
  broker.bind("events", "llm.#", "a").bind("rest", "", "b");
  EXPECT_THAT(broker.routed("events", "llm.prompt"), ElementsAre("a"));
  EXPECT_THAT(broker.routed("events", "github.push"), ElementsAre("b"));
}

TEST(EventRoute, DoesNotEndInTheHistory) {
  Broker broker;
  broker.exchange("events").queue("events.history").queue("other.history");
  broker.bind("events", "#", "events.history").bind("events", "#", "other.history");
  EXPECT_THAT(broker.routed("events", "llm.prompt"), ElementsAre("other.history"));
}

TEST(ServiceOf, IsTheNameBehindTheExchange) {
  EXPECT_EQ(service_of("events.v1.greeter", "events.v1"), "greeter");
  EXPECT_EQ(service_of("events.v1.team.greeter", "events.v1"), "team.greeter");
  for (const std::string_view queue :
       {"events.v1", "events.v1.", "events.v10", "other.greeter", "events.v1.history",
        "events.v1.quarantine", "events.v1.greeter.dlq", "events.v1.greeter.retry.1000"}) {
    EXPECT_EQ(service_of(queue, "events.v1"), "") << queue;
  }
}

}  // namespace
}  // namespace bb::cli
