#include "cli/topology_view.h"

#include <gmock/gmock.h>

#include "bloodbank/envelope.h"

namespace bb::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

BrokerTopology service_topology() {
  BrokerTopology topology;
  topology.exchanges = {{"", "direct", ""},
                        {"amq.topic", "topic", ""},
                        {"audit", "fanout", ""},
                        {"events", "topic", "rest"},
                        {"rest", "fanout", ""}};
  topology.bindings = {{"audit", "log", false, "", ""},
                       {"events", "audit", true, "#", ""},
                       {"events", "events.history", false, "#", ""},
                       {"events", "events.greeter", false, "llm.*", ""},
                       {"events", "events.greeter", false, "llm.promt", ""}};
  topology.queues = {{"events.greeter", "classic", 3, 1},
                     {"events.greeter.dlq", "classic", 2, 0},
                     {"events.greeter.retry.1000", "quorum", 1, 0},
                     {"events.greeter.retry.5000", "quorum", 1, 0},
                     {"events.history", "stream", 100, 0},
                     {"log", "classic", 7, 0},
                     {"lost", "classic", 0, 0},
                     {"other.dlq", "classic", 1, 0}};
  return topology;
}

TEST(TopologyView, FoldsWhatAServiceHasIntoItsQueue) {
  const TopologyView view = make_topology_view(service_topology(), "events");
  std::vector<std::string> names;
  for (const QueueNode& queue : view.queues) names.push_back(queue.name);
  EXPECT_THAT(names, ElementsAre("events.greeter", "events.history", "log", "lost", "other.dlq"));
  const QueueNode& greeter = *view.find_queue("events.greeter");
  EXPECT_EQ(greeter.service, "greeter");
  EXPECT_EQ(greeter.dead_letters, 2);
  EXPECT_EQ(greeter.waiting, 2);
  EXPECT_THAT(view.unbound, ElementsAre("lost", "other.dlq")) << "their owner is not there";
}

TEST(TopologyView, LeavesOutTheBrokersOwnExchangesThatLeadNowhere) {
  const TopologyView view = make_topology_view(service_topology(), "events");
  std::vector<std::string> names;
  for (const ExchangeNode& exchange : view.exchanges) names.push_back(exchange.name);
  EXPECT_THAT(names, ElementsAre("audit", "events", "rest"));
}

TEST(TopologyText, IsATree) {
  EXPECT_EQ(topology_text(make_topology_view(service_topology(), "events")),
            "exchange audit (fanout)\n"
            "└─ (all)\n"
            "   └─ queue log (classic): 7 messages, 0 consumers\n"
            "exchange events (topic), with a history\n"
            "├─ #\n"
            "│  └─ exchange audit\n"
            "├─ llm.*\n"
            "│  └─ queue events.greeter (classic): 3 messages, 1 consumer, 2 to be tried again, 2 "
            "dead letters\n"
            "│     └─ service greeter\n"
            "├─ llm.promt\n"
            "│  └─ queue events.greeter (above)\n"
            "└─ (what nothing takes)\n"
            "   └─ exchange rest\n"
            "exchange rest (fanout)\n"
            "└─ (no bindings)\n"
            "without a binding\n"
            "├─ queue lost (classic): 0 messages, 0 consumers\n"
            "└─ queue other.dlq (classic): 1 message, 0 consumers\n");
}

TEST(TopologyText, OfNothingIsEmpty) {
  EXPECT_EQ(topology_text({}), "");
}

TEST(TopologyDot, QuotesNames) {
  BrokerTopology topology;
  topology.exchanges = {{"a\"b\\", "topic", ""}};
  topology.bindings = {{"a\"b\\", "q\n", false, "x.#", ""}};
  topology.queues = {{"q\n", "classic"}};
  const std::string dot = topology_dot(make_topology_view(topology, "events"));
  EXPECT_THAT(dot, HasSubstr("e0 [shape=cds, label=\"a\\\"b\\\\ (topic)\"];"));
  EXPECT_THAT(dot, HasSubstr("label=\"q\\\\n\\n0 messages, 0 consumers\""));
  EXPECT_THAT(dot, HasSubstr("e0 -> q1 [label=\"x.#\"];"));
}

TEST(TopologyMermaid, WritesWhatWouldBeSyntaxAsEntities) {
  BrokerTopology topology;
  topology.exchanges = {{"a\"b", "topic", ""}};
  topology.bindings = {{"a\"b", "q", false, "x.#", ""}};
  topology.queues = {{"q", "classic"}};
  EXPECT_EQ(topology_mermaid(make_topology_view(topology, "events")),
            "flowchart LR\n"
            "  e0{{\"a#quot;b (topic)\"}}\n"
            "  q1[\"q: 0 messages, 0 consumers\"]\n"
            "  e0 -->|\"x.#35;\"| q1\n");
}

TEST(TopologyJson, HasTheWarningsToo) {
  TopologyView view = make_topology_view(service_topology(), "events");
  view.warnings = warn_of_orphans(view, {});
  const std::string text = topology_json(view);
  EXPECT_TRUE(check_json(text)) << text;
  EXPECT_THAT(text, HasSubstr("\"no-consumers\""));
}

TEST(TopologyWarnings, AreOfQueuesThatNobodyEmpties) {
  const TopologyView view = make_topology_view(service_topology(), "events");
  const auto warnings = warn_of_orphans(view, {});
  ASSERT_EQ(warnings.size(), 1U) << "not of streams, empty queues and dead letters";
  EXPECT_EQ(warnings[0].subject, "log");
  EXPECT_THAT(warnings[0].text, HasSubstr("7 messages"));
  EXPECT_THAT(warnings[0].text, Not(HasSubstr("grow")));
  const std::vector<TopologyQueue> earlier{{"log", "classic", 5, 0}};
  EXPECT_THAT(warn_of_orphans(view, earlier)[0].text, HasSubstr("2 more"));
}

TEST(TopologyWarnings, AreOfPatternsThatMatchNothingKnown) {
  const std::vector<std::string> types{"github.pr.created", "llm.prompt"};
  const auto warnings = warn_of_patterns(service_topology(), "events", types);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].subject, "llm.promt");
  EXPECT_THAT(warnings[0].text, HasSubstr("did you mean 'llm.prompt'?"));
  EXPECT_TRUE(warn_of_patterns(service_topology(), "audit", types).empty()) << "it has no patterns";
}

}  // namespace
}  // namespace bb::cli
