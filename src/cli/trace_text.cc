#include "cli/trace_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "cli/display_text.h"
#include "cli/event_printer.h"
#include "cli/json_value.h"

namespace bb::cli {
namespace {

constexpr std::size_t kDefaultWidth = 100;  // of a timeline in a file
constexpr std::size_t kNameWidthMax = 60;   // of the tree, before its columns stop lining up
constexpr std::size_t kBarsMin = 20;

std::string padded(std::string text, std::size_t width) {
  const std::size_t used = display_width(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

std::string padded_left(const std::string& text, std::size_t width) {
  const std::size_t used = display_width(text);
  return used < width ? std::string(width - used, ' ') + text : text;
}

std::optional<std::chrono::nanoseconds> delta_of(const Trace& trace, const TreeLine& line) {
  if (!line.parent) return std::nullopt;
  const auto time = trace.time(line.event);
  const auto from = trace.time(*line.parent);
  if (!time || !from) return std::nullopt;
  return *time - *from;
}

std::string shown_id(const Trace& trace, Trace::Place event, bool full) {
  return full ? trace.id(event).to_string() : short_id(trace.id(event));
}

// "└─ agent.thread.prompt", with a mark at the one that was asked for.
std::string label_of(const Trace& trace, const TreeLine& line) {
  std::string label = line.branch + escape_controls(trace.name(line.event));
  if (line.repeated) return label + " (above)";
  if (trace.is_start(line.event)) label += " *";
  return label;
}

// Members of a payload, one a line, below the event's.
std::string payload_lines(const Trace& trace, const TreeLine& line) {
  const Envelope* const envelope = trace.envelope(line.event);
  if (envelope == nullptr || line.repeated) return "";
  const auto value = parse_json_value(envelope->payload);
  if (!value) return "";
  std::string text;
  const std::string pretty = write_json(*value, 2);
  const std::string indent(display_width(line.branch) + 4, ' ');
  for (std::size_t at = 0; at < pretty.size();) {
    const std::size_t end = std::min(pretty.find('\n', at), pretty.size());
    text += indent + pretty.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return text;
}

// Why, where somebody said so when he linked the event: 'reason' of the link's metadata.
std::string reason_of(const Trace& trace, Trace::Place event) {
  const auto& link = trace.graph().events[event].link;
  if (!link) return "";
  const auto metadata = parse_json_value(link->metadata);
  if (!metadata || !metadata->is_object()) return "";
  const std::string reason = text_at(metadata->get_object(), "reason");
  return reason.empty() ? "" : fmt::format("(reason: {})", escape_controls(reason));
}

struct Columns {
  std::size_t label = 0;
  std::size_t source = 0;
};

Columns columns_of(const Trace& trace, const std::vector<TreeLine>& lines) {
  Columns columns;
  for (const TreeLine& line : lines) {
    const std::size_t width = display_width(label_of(trace, line));
    if (width <= kNameWidthMax) columns.label = std::max(columns.label, width);
    columns.source =
        std::max(columns.source, display_width(escape_controls(trace.source(line.event))));
  }
  columns.source = std::min<std::size_t>(columns.source, 24);
  return columns;
}

std::string painted_label(const Trace& trace, const TreeLine& line, std::size_t width,
                          bool colour) {
  std::string label = padded(label_of(trace, line), width);
  if (!colour) return label;
  const std::string name = label.substr(line.branch.size());
  const Style style = line.repeated                ? Style::kDim
                      : trace.is_start(line.event) ? Style::kBold
                                                   : Style::kCyan;
  return paint(line.branch, Style::kDim, colour) + paint(name, style, colour);
}

std::string tree_line(const Trace& trace, const TreeLine& line, const Columns& columns,
                      const TraceTextOptions& options) {
  const bool colour = options.terminal.colour;
  const std::string label = painted_label(trace, line, columns.label, colour);
  if (line.repeated) return label;
  const auto time = trace.time(line.event);
  const auto delta = delta_of(trace, line);
  const std::string when = padded(time ? format_local_time(*time) : "-", 12);
  const std::string since = padded_left(delta ? format_delta(*delta) : "", 8);
  const std::string source =
      padded(shorten(escape_controls(trace.source(line.event)), columns.source), columns.source);
  const std::string id = shown_id(trace, line.event, options.full_ids);
  std::string text =
      fmt::format("{}  {}  {}  {}{}{}", label, paint(when, Style::kDim, colour), since, source,
                  columns.source > 0 ? "  " : "", paint(id, Style::kDim, colour));
  std::string said = reason_of(trace, line.event);
  const std::string summary = options.payloads ? "" : trace.summary(line.event);
  if (!said.empty() && !summary.empty()) said += "  ";
  said += summary;
  if (said.empty()) return text;
  const std::size_t used = std::max(columns.label, display_width(label_of(trace, line))) + 2 + 12 +
                           2 + 8 + 2 + columns.source + (columns.source > 0 ? 2 : 0) + id.size() +
                           2;
  const std::size_t width = options.terminal.width.value_or(used + 60);
  return width > used + 4 ? text + "  " + shorten(said, width - used) : text;
}

// From the first event of a trace to its last.
struct Span {
  Timestamp begin = Timestamp::max();
  Timestamp end = Timestamp::min();
  bool empty() const { return begin > end; }
  std::chrono::nanoseconds length() const { return end - begin; }
};

Span span_of(const Trace& trace) {
  Span span;
  for (Trace::Place event = 0; event < trace.size(); ++event) {
    const auto time = trace.time(event);
    if (!time) continue;
    span.begin = std::min(span.begin, *time);
    span.end = std::max(span.end, *time);
  }
  return span;
}

// A line between two moments, with a mark at `to`, where the event is: the left end where clocks
// are not the same.
std::string bar(const Span& span, Timestamp from, Timestamp to, std::size_t width) {
  const auto place = [&](Timestamp time) {
    if (span.length().count() == 0) return 0.0;
    return static_cast<double>((time - span.begin).count()) /
           static_cast<double>(span.length().count()) * static_cast<double>(width - 1);
  };
  const auto first = static_cast<std::size_t>(std::lround(place(std::min(from, to))));
  const auto last = static_cast<std::size_t>(std::lround(place(std::max(from, to))));
  std::string line;
  for (std::size_t column = first; column < last; ++column) line += "━";
  return std::string(first, ' ') + (to < from ? "●" + line : line + "●");
}

// "0        +1.20s        +2.40s"
std::string axis(const Span& span, std::size_t width) {
  const std::string end = format_delta(span.length());
  const std::string middle = format_delta(span.length() / 2);
  std::string text = "0";
  const std::size_t centre = width / 2;
  if (centre > middle.size() / 2 + 2) {
    text = padded(text, centre - middle.size() / 2) + middle;
  }
  if (width > end.size() + display_width(text) + 1) text = padded(text, width - end.size()) + end;
  return text;
}

}  // namespace

std::string render_tree(const Trace& trace, const TraceTextOptions& options) {
  const std::vector<TreeLine> lines = tree_of(trace);
  const Columns columns = columns_of(trace, lines);
  std::string text;
  for (const TreeLine& line : lines) {
    text += tree_line(trace, line, columns, options);
    text += '\n';
    if (options.payloads) text += payload_lines(trace, line);
  }
  return text;
}

std::string render_timeline(const Trace& trace, const TraceTextOptions& options) {
  const std::vector<TreeLine> lines = tree_of(trace);
  const Columns columns = columns_of(trace, lines);
  const Span span = span_of(trace);
  const std::size_t width = options.terminal.width.value_or(kDefaultWidth);
  const std::size_t taken = columns.label + 2 + 2 + 8;
  const std::size_t bars = width > taken + kBarsMin ? width - taken : kBarsMin;
  std::string text;
  if (!span.empty()) {
    text += fmt::format("{}  {}\n", std::string(columns.label, ' '),
                        paint(axis(span, bars), Style::kDim, options.terminal.colour));
  }
  for (const TreeLine& line : lines) {
    text += painted_label(trace, line, columns.label, options.terminal.colour);
    const auto time = trace.time(line.event);
    if (!line.repeated && time) {
      const auto from = line.parent ? trace.time(*line.parent) : std::nullopt;
      const auto delta = delta_of(trace, line);
      text += "  " + padded(bar(span, from.value_or(*time), *time, bars), bars);
      if (delta) text += "  " + padded_left(format_delta(*delta), 8);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

}  // namespace bb::cli
