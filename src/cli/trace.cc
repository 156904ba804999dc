#include "cli/trace.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "cli/display_text.h"
#include "event/json_cursor.h"
#include "event/json_string.h"

namespace bb::cli {
namespace {

using Place = Trace::Place;

// Members of payloads that are made for people, the better first.
constexpr std::array<std::string_view, 9> kSpoken{"text",  "message", "prompt", "response", "title",
                                                  "error", "reason",  "name",   "action"};
// Branches are drawn to this depth; below, the depth is a number.
constexpr std::uint32_t kDrawnDepth = 40;

std::optional<std::string> spoken(const RawJson& payload) {
  std::optional<std::string> best;
  std::size_t best_rank = kSpoken.size();
  event::JsonMembers members(payload);
  while (const auto member = members.next()) {
    if (event::json_kind(member->value) != event::JsonKind::kString) continue;
    for (std::size_t rank = 0; rank < best_rank; ++rank) {
      if (member->name != kSpoken[rank]) continue;
      best_rank = rank;
      best = event::decode_json_string(event::string_text(member->value)).text;
    }
  }
  return best;
}

// RFC 9562 §5.7: the first 48 bits are milliseconds.
std::optional<Timestamp> time_of_id(const Uuid& id) {
  if (id.version() != 7) return std::nullopt;
  std::int64_t ms = 0;
  for (int i = 0; i < 6; ++i) ms = ms << 8 | id.bytes()[static_cast<std::size_t>(i)];
  return Timestamp(std::chrono::milliseconds(ms));
}

std::string branch_of(const std::vector<bool>& is_last, std::uint32_t depth) {
  if (depth == 0) return "";
  std::string branch;
  const std::uint32_t drawn = std::min(depth, kDrawnDepth);
  for (std::uint32_t level = 1; level < drawn; ++level) branch += is_last[level] ? "   " : "│  ";
  if (depth > kDrawnDepth) return branch + fmt::format("… {} ", depth);
  return branch + (is_last[depth] ? "└─ " : "├─ ");
}

}  // namespace

Trace::Trace(Uuid start, correlation::Graph graph, std::vector<std::string> bodies)
    : start_(start), graph_(std::move(graph)), bodies_(std::move(bodies)) {
  bodies_.resize(size());
  parents_.resize(size());
  children_.resize(size());
  for (std::string& body : bodies_) {
    auto& envelope = envelopes_.emplace_back();
    if (auto parsed = parse_envelope(body)) {
      envelope = *std::move(parsed);
    } else if (auto other = parse_any_envelope(body)) {
      envelope = *std::move(other);
      body = serialize(*envelope);
    } else {
      ++unknown_;
    }
  }
  for (const auto& edge : graph_.edges) {
    parents_[edge.child].push_back(edge.parent);
    children_[edge.parent].push_back(edge.child);
  }
}

const Envelope* Trace::envelope(Place event) const {
  return envelopes_[event] ? &*envelopes_[event] : nullptr;
}

std::optional<Timestamp> Trace::time(Place event) const {
  if (envelopes_[event]) return envelopes_[event]->timestamp;
  if (graph_.events[event].link) return graph_.events[event].link->created_at;
  return time_of_id(id(event));
}

std::string Trace::name(Place event) const {
  return envelopes_[event] ? envelopes_[event]->event_type : id(event).to_string();
}

std::string Trace::source(Place event) const {
  if (!envelopes_[event]) return "";
  const Source& source = envelopes_[event]->source;
  return source.app && !source.app->empty() ? *source.app : source.host;
}

std::string Trace::summary(Place event) const {
  if (!envelopes_[event]) return "";
  const RawJson& payload = envelopes_[event]->payload;
  if (const auto text = spoken(payload)) return fmt::format("\"{}\"", escape_controls(*text));
  const std::string line = minify_json(payload);
  return line == "{}" ? "" : escape_controls(line);
}

std::vector<TreeLine> tree_of(const Trace& trace) {
  std::vector<TreeLine> lines;
  std::vector<bool> drawn(trace.size(), false);
  std::vector<bool> is_last{true};  // by depth, on the way to the line that comes next
  struct Entry {
    Place event;
    std::optional<Place> parent;
    std::uint32_t depth;
    bool last;
  };
  std::vector<Entry> stack;
  const auto draw_from = [&](Place root) {
    stack.push_back({root, std::nullopt, 0, true});
    while (!stack.empty()) {
      const Entry entry = stack.back();
      stack.pop_back();
      is_last.resize(entry.depth + 1);
      is_last[entry.depth] = entry.last;
      TreeLine line{entry.event, entry.parent, entry.depth, branch_of(is_last, entry.depth),
                    drawn[entry.event]};
      lines.push_back(std::move(line));
      if (drawn[entry.event]) continue;
      drawn[entry.event] = true;
      const auto& children = trace.children(entry.event);
      for (std::size_t i = children.size(); i > 0; --i) {
        stack.push_back({children[i - 1], entry.event, entry.depth + 1, i == children.size()});
      }
    }
  };
  for (Place event = 0; event < trace.size(); ++event) {
    if (trace.parents(event).empty()) draw_from(event);
  }
  // Cycles that nothing else caused, from what was recorded first.
  for (Place event = 0; event < trace.size(); ++event) {
    if (!drawn[event]) draw_from(event);
  }
  return lines;
}

std::string format_delta(std::chrono::nanoseconds delta) {
  const char sign = delta.count() < 0 ? '-' : '+';
  const double ms = std::abs(static_cast<double>(delta.count())) / 1e6;
  if (ms < 10) return fmt::format("{}{:.4g}ms", sign, std::round(ms * 1000) / 1000);
  if (ms < 1000) return fmt::format("{}{:.0f}ms", sign, ms);
  const auto s = static_cast<std::int64_t>(ms / 1000);
  if (s < 60) return fmt::format("{}{:.2f}s", sign, ms / 1000);
  if (s < 3600) return fmt::format("{}{}m{:02}s", sign, s / 60, s % 60);
  if (s < 86'400) return fmt::format("{}{}h{:02}m", sign, s / 3600, s / 60 % 60);
  return fmt::format("{}{}d{:02}h", sign, s / 86'400, s / 3600 % 24);
}

}  // namespace bb::cli
