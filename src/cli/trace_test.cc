#include "cli/trace.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/trace_diagram.h"
#include "cli/trace_text.h"

namespace bb::cli {
namespace {

using correlation::Graph;

// Events "0", "1", ... of a graph in its order, one second apart.
class TraceOf {
 public:
  explicit TraceOf(std::size_t events) {
    for (std::size_t i = 0; i < events; ++i) {
      graph_.events.push_back({Uuid::v5(kNamespaceOid, std::to_string(i)), 0, std::nullopt});
      bodies_.push_back(fmt::format(
          R"({{"event_id":"{}","event_type":"test.event.n{}","timestamp":"2026-01-27T10:15:{:02}Z",)"
          R"("version":"1.0.0","source":{{"host":"h","type":"manual","app":"app"}},)"
          R"("payload":{{"text":"number {}"}}}})",
          graph_.events.back().id.to_string(), i, i, i));
    }
  }
  TraceOf& edge(std::uint32_t parent, std::uint32_t child) {
    graph_.edges.push_back({parent, child});
    return *this;
  }
  TraceOf& unknown(std::size_t event) {
    bodies_[event].clear();
    return *this;
  }
  TraceOf& payload(std::size_t event, const std::string& text) {
    const std::size_t at = bodies_[event].find("\"payload\":");
    bodies_[event] = bodies_[event].substr(0, at) + "\"payload\":" + text + "}";
    return *this;
  }
  Trace trace(std::size_t start = 0) const {
    return Trace(graph_.events[start].id, graph_, bodies_);
  }

 private:
  Graph graph_;
  std::vector<std::string> bodies_;
};

std::string drawn(const Trace& trace) {
  std::string text;
  for (const TreeLine& line : tree_of(trace)) {
    text += fmt::format("{}{}{}\n", line.branch, line.event, line.repeated ? "!" : "");
  }
  return text;
}

TEST(TraceTree, BranchesAreJoined) {
  EXPECT_EQ(drawn(TraceOf(5).edge(0, 1).edge(1, 2).edge(1, 3).edge(0, 4).trace()),
            "0\n"
            "├─ 1\n"
            "│  ├─ 2\n"
            "│  └─ 3\n"
            "└─ 4\n");
}

TEST(TraceTree, WhatHasTwoCausesIsDrawnOnce) {
  EXPECT_EQ(drawn(TraceOf(5).edge(0, 1).edge(0, 2).edge(1, 3).edge(2, 3).edge(3, 4).trace()),
            "0\n"
            "├─ 1\n"
            "│  └─ 3\n"
            "│     └─ 4\n"
            "└─ 2\n"
            "   └─ 3!\n");
}

TEST(TraceTree, SeveralRootsFollowOneAnother) {
  EXPECT_EQ(drawn(TraceOf(3).edge(0, 2).edge(1, 2).trace()), "0\n└─ 2\n1\n└─ 2!\n");
}

TEST(TraceTree, ACycleEnds) {
  EXPECT_EQ(drawn(TraceOf(3).edge(0, 1).edge(1, 2).edge(2, 0).trace()),
            "0\n└─ 1\n   └─ 2\n      └─ 0!\n");
}

TEST(TraceTree, OfALongChainTheDepthIsANumber) {
  TraceOf chain(60);
  for (std::uint32_t i = 1; i < 60; ++i) chain.edge(i - 1, i);
  const auto lines = tree_of(chain.trace());
  ASSERT_EQ(lines.size(), 60U);
  EXPECT_EQ(lines[41].branch, std::string(39 * 3, ' ') + "… 41 ");
}

TEST(TraceText, ALineSaysWhatThereIs) {
  const std::string text = render_tree(TraceOf(2).edge(0, 1).trace(), {});
  EXPECT_NE(text.find("test.event.n0 *"), std::string::npos) << text;
  EXPECT_NE(text.find("└─ test.event.n1"), std::string::npos) << text;
  EXPECT_NE(text.find("+1.00s  app"), std::string::npos) << text;
  EXPECT_NE(text.find("\"number 1\""), std::string::npos) << text;
}

TEST(TraceText, WithoutTheEventThereIsItsId) {
  const Trace trace = TraceOf(2).edge(0, 1).unknown(0).trace(1);
  EXPECT_EQ(trace.unknown_events(), 1U);
  EXPECT_TRUE(render_tree(trace, {}).starts_with(trace.id(0).to_string()));
}

TEST(TraceText, WhatCouldDriveATerminalIsEscaped) {
  const Trace trace = TraceOf(1).payload(0, R"({"text":"\u001b[31mred\u202e"})").trace();
  const std::string text = render_tree(trace, {});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find(R"(\u001b[31mred)"), std::string::npos) << text;
}

TEST(TraceText, LinesAreCutAtTheWidthOfTheTerminal) {
  TraceTextOptions options;
  options.terminal.interactive = true;
  options.terminal.width = 70;
  const Trace trace = TraceOf(1).payload(0, "{\"text\":\"" + std::string(500, 'x') + "\"}").trace();
  EXPECT_LT(render_tree(trace, options).size(), 80U);
}

TEST(TraceTimeline, ABarGoesFromTheCauseToTheEvent) {
  TraceTextOptions options;
  options.terminal.width = 60;
  const std::string text = render_timeline(TraceOf(3).edge(0, 1).edge(1, 2).trace(), options);
  EXPECT_NE(text.find("+2.00s\n"), std::string::npos) << text;
  EXPECT_NE(text.find("━●"), std::string::npos) << text;
}

TEST(TraceTimeline, AnEventAloneHasAMark) {
  const std::string text = render_timeline(TraceOf(1).trace(), {});
  EXPECT_NE(text.find("●"), std::string::npos) << text;
}

TEST(TraceDiagram, TextIsQuoted) {
  const Trace trace = TraceOf(2).edge(0, 1).payload(0, R"({"text":"say \"x\" <b>\\ #1"})").trace();
  const std::string dot = render_dot(trace);
  EXPECT_NE(dot.find(R"(say \"x\" <b>)"), std::string::npos) << dot;
  const std::string mermaid = render_mermaid(trace);
  EXPECT_NE(mermaid.find("say #quot;x#quot; #lt;b#gt;"), std::string::npos) << mermaid;
  EXPECT_NE(mermaid.find("e0 -->|\"+1.00s\"| e1"), std::string::npos) << mermaid;
}

TEST(FormatDelta, HasTheUnitThatFits) {
  using namespace std::chrono;
  EXPECT_EQ(format_delta(microseconds(1234)), "+1.234ms");
  EXPECT_EQ(format_delta(milliseconds(35)), "+35ms");
  EXPECT_EQ(format_delta(milliseconds(-3)), "-3ms");
  EXPECT_EQ(format_delta(milliseconds(1200)), "+1.20s");
  EXPECT_EQ(format_delta(seconds(125)), "+2m05s");
  EXPECT_EQ(format_delta(minutes(200)), "+3h20m");
  EXPECT_EQ(format_delta(hours(50)), "+2d02h");
}

}  // namespace
}  // namespace bb::cli
