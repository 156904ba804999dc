#include "cli/trace_diagram.h"

#include <fmt/format.h>

#include <utility>

#include "cli/display_text.h"
#include "cli/event_printer.h"

namespace bb::cli {
namespace {

constexpr std::size_t kSummaryWidth = 40;

std::string replaced(std::string_view text, char what, std::string_view with) {
  std::string out;
  for (const char c : text) {
    if (c == what) {
      out += with;
    } else {
      out += c;
    }
  }
  return out;
}

// Lines of a label, joined by `line_break`; each goes through `escape`.
template <class Escape>
std::string label_of(const Trace& trace, Trace::Place event, std::string_view line_break,
                     Escape escape) {
  std::string label = escape(escape_controls(trace.name(event)));
  std::string second = escape_controls(trace.source(event));
  second += (second.empty() ? "" : " ") + short_id(trace.id(event));
  label += std::string(line_break) + escape(second);
  const std::string summary = shorten(trace.summary(event), kSummaryWidth);
  if (!summary.empty()) label += std::string(line_break) + escape(summary);
  return label;
}

std::string delta_label(const Trace& trace, const correlation::Graph::Edge& edge) {
  const auto from = trace.time(edge.parent);
  const auto to = trace.time(edge.child);
  return from && to ? format_delta(*to - *from) : "";
}

}  // namespace

std::string render_dot(const Trace& trace) {
  const auto escape = [](std::string_view text) {
    return replaced(replaced(text, '\\', "\\\\"), '"', "\\\"");
  };
  std::string out =
      "digraph trace {\n  rankdir=LR;\n  node [shape=box, style=rounded, "
      "fontname=\"sans-serif\"];\n"
      "  edge [fontname=\"sans-serif\", fontsize=10];\n";
  for (Trace::Place event = 0; event < trace.size(); ++event) {
    out += fmt::format("  \"{}\" [label=\"{}\"{}];\n", trace.id(event).to_string(),
                       label_of(trace, event, "\\n", escape),
                       trace.is_start(event) ? ", penwidth=2" : "");
  }
  for (const auto& edge : trace.graph().edges) {
    out += fmt::format("  \"{}\" -> \"{}\" [label=\"{}\"];\n", trace.id(edge.parent).to_string(),
                       trace.id(edge.child).to_string(), delta_label(trace, edge));
  }
  return out + "}\n";
}

std::string render_mermaid(const Trace& trace) {
  // Entities are what its labels know as escapes. "%%{init: ...}%%" in a label would configure the
  // diagram.
  const auto escape = [](std::string_view text) {
    std::string out = replaced(text, '#', "#35;");
    out = replaced(out, '&', "#amp;");
    out = replaced(out, '%', "#37;");
    out = replaced(out, '"', "#quot;");
    out = replaced(out, '<', "#lt;");
    return replaced(out, '>', "#gt;");
  };
  std::string out = "flowchart LR\n";
  for (Trace::Place event = 0; event < trace.size(); ++event) {
    out += fmt::format("  e{}[\"{}\"]{}\n", event, label_of(trace, event, "<br/>", escape),
                       trace.is_start(event) ? ":::start" : "");
  }
  for (const auto& edge : trace.graph().edges) {
    const std::string delta = delta_label(trace, edge);
    out += delta.empty() ? fmt::format("  e{} --> e{}\n", edge.parent, edge.child)
                         : fmt::format("  e{} -->|\"{}\"| e{}\n", edge.parent, delta, edge.child);
  }
  return out + "  classDef start stroke-width:3px\n";
}

}  // namespace bb::cli
