// The view as a tree, and for programs that draw.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <set>
#include <utility>

#include "cli/display_text.h"
#include "cli/json_value.h"
#include "cli/topology_view.h"

namespace bb::cli {
namespace {

namespace json = boost::json;

struct TextNode {
  std::string text;
  std::vector<TextNode> children;
};

void draw(std::string& out, const TextNode& node, const std::string& indent) {
  out += escape_controls(node.text) + "\n";
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const bool is_last = i + 1 == node.children.size();
    out += indent + (is_last ? "└─ " : "├─ ");
    draw(out, node.children[i], indent + (is_last ? "   " : "│  "));
  }
}

// "3 messages, 1 consumer, 2 dead letters".
std::string state_of(const QueueNode& queue) {
  std::string text = fmt::format("{}, {}", count_of(queue.messages, "message"),
                                 count_of(queue.consumers, "consumer"));
  if (queue.waiting > 0) text += fmt::format(", {} to be tried again", queue.waiting);
  if (queue.has_dead_letters)
    text += fmt::format(", {}", count_of(queue.dead_letters, "dead letter"));
  return text;
}

TextNode queue_node(const TopologyView& view, const std::string& name,
                    std::set<std::string>& shown) {
  TextNode node{fmt::format("queue {}", name), {}};
  if (!shown.insert(name).second) {
    node.text += " (above)";
    return node;
  }
  const QueueNode* const queue = view.find_queue(name);
  if (queue == nullptr) return node;
  node.text += fmt::format(" ({}): {}", queue->type, state_of(*queue));
  if (!queue->service.empty()) {
    node.children.push_back({fmt::format("service {}", queue->service), {}});
  }
  return node;
}

std::string binding_text(const BindingNode& binding) {
  return binding.label.empty() ? "(all)" : binding.label;
}

// Short names of nodes, for formats in which names may hold anything only as labels.
class NodeIds {
 public:
  std::string of(char kind, const std::string& name) {
    const auto [at, is_new] = ids_.try_emplace({kind, name}, ids_.size());
    return fmt::format("{}{}", kind, at->second);
  }

 private:
  std::map<std::pair<char, std::string>, std::size_t> ids_;
};

std::string dot_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : escape_controls(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// '#' begins an entity there.
std::string mermaid_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : escape_controls(text)) {
    switch (c) {
      case '#':
        out += "#35;";
        break;
      case '"':
        out += "#quot;";
        break;
      case '<':
        out += "#lt;";
        break;
      case '>':
        out += "#gt;";
        break;
      case '`':
        out += "#96;";
        break;
      default:
        out += c;
    }
  }
  return out + "\"";
}

json::object queue_json(const QueueNode& queue) {
  json::object record{{"name", queue.name},
                      {"type", queue.type},
                      {"messages", queue.messages},
                      {"consumers", queue.consumers}};
  record["service"] = queue.service.empty() ? json::value(nullptr) : json::value(queue.service);
  record["dead_letters"] =
      queue.has_dead_letters ? json::value(queue.dead_letters) : json::value(nullptr);
  record["waiting"] = queue.waiting;
  return record;
}

}  // namespace

std::string topology_text(const TopologyView& view) {
  std::string out;
  std::set<std::string> shown;
  for (const ExchangeNode& exchange : view.exchanges) {
    TextNode root{fmt::format("exchange {} ({}){}", exchange.name, exchange.type,
                              exchange.has_history ? ", with a history" : ""),
                  {}};
    for (const BindingNode& binding : exchange.bindings) {
      TextNode node{binding_text(binding), {}};
      node.children.push_back(binding.to_exchange
                                  ? TextNode{fmt::format("exchange {}", binding.target), {}}
                                  : queue_node(view, binding.target, shown));
      root.children.push_back(std::move(node));
    }
    if (!exchange.alternate.empty()) {
      TextNode node{"(what nothing takes)", {}};
      node.children.push_back({fmt::format("exchange {}", exchange.alternate), {}});
      root.children.push_back(std::move(node));
    }
    if (root.children.empty()) root.children.push_back({"(no bindings)", {}});
    draw(out, root, "");
  }
  if (!view.unbound.empty()) {
    TextNode root{"without a binding", {}};
    for (const std::string& name : view.unbound) {
      root.children.push_back(queue_node(view, name, shown));
    }
    draw(out, root, "");
  }
  return out;
}

std::string topology_dot(const TopologyView& view) {
  NodeIds ids;
  std::string out = "digraph topology {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n";
  const auto edge = [&](const std::string& from, const std::string& to, std::string_view label) {
    out += fmt::format("  {} -> {}{};\n", from, to,
                       label.empty() ? "" : fmt::format(" [label={}]", dot_quoted(label)));
  };
  for (const ExchangeNode& exchange : view.exchanges) {
    out += fmt::format("  {} [shape=cds, label={}];\n", ids.of('e', exchange.name),
                       dot_quoted(fmt::format("{} ({})", exchange.name, exchange.type)));
  }
  for (const QueueNode& queue : view.queues) {
    if (queue.is_kept) continue;
    const std::string id = ids.of('q', queue.name);
    // The line break is dot's own.
    std::string label = dot_quoted(queue.name);
    label.insert(label.size() - 1, "\\n" + state_of(queue));
    out += fmt::format("  {} [shape=box, label={}];\n", id, label);
    if (queue.service.empty()) continue;
    const std::string service = ids.of('s', queue.service);
    out += fmt::format("  {} [shape=ellipse, label={}];\n", service, dot_quoted(queue.service));
    edge(id, service, "");
  }
  for (const ExchangeNode& exchange : view.exchanges) {
    const std::string from = ids.of('e', exchange.name);
    for (const BindingNode& binding : exchange.bindings) {
      edge(from, ids.of(binding.to_exchange ? 'e' : 'q', binding.target), binding.label);
    }
    if (!exchange.alternate.empty()) edge(from, ids.of('e', exchange.alternate), "(alternate)");
  }
  return out + "}\n";
}

std::string topology_mermaid(const TopologyView& view) {
  NodeIds ids;
  std::string out = "flowchart LR\n";
  const auto edge = [&](const std::string& from, const std::string& to, std::string_view label) {
    out += fmt::format("  {} -->{} {}\n", from,
                       label.empty() ? "" : fmt::format("|{}|", mermaid_quoted(label)), to);
  };
  for (const ExchangeNode& exchange : view.exchanges) {
    out += fmt::format("  {}{{{{{}}}}}\n", ids.of('e', exchange.name),
                       mermaid_quoted(fmt::format("{} ({})", exchange.name, exchange.type)));
  }
  for (const QueueNode& queue : view.queues) {
    if (queue.is_kept) continue;
    const std::string id = ids.of('q', queue.name);
    out += fmt::format("  {}[{}]\n", id,
                       mermaid_quoted(fmt::format("{}: {}", queue.name, state_of(queue))));
    if (queue.service.empty()) continue;
    const std::string service = ids.of('s', queue.service);
    out += fmt::format("  {}([{}])\n", service, mermaid_quoted(queue.service));
    edge(id, service, "");
  }
  for (const ExchangeNode& exchange : view.exchanges) {
    const std::string from = ids.of('e', exchange.name);
    for (const BindingNode& binding : exchange.bindings) {
      edge(from, ids.of(binding.to_exchange ? 'e' : 'q', binding.target), binding.label);
    }
    if (!exchange.alternate.empty()) edge(from, ids.of('e', exchange.alternate), "(alternate)");
  }
  return out;
}

std::string topology_json(const TopologyView& view) {
  json::array exchanges;
  for (const ExchangeNode& exchange : view.exchanges) {
    json::array bindings;
    for (const BindingNode& binding : exchange.bindings) {
      bindings.push_back(
          json::object{{"pattern", binding.label},
                       {binding.to_exchange ? "exchange" : "queue", binding.target}});
    }
    json::object record{{"name", exchange.name}, {"type", exchange.type}};
    record["alternate"] =
        exchange.alternate.empty() ? json::value(nullptr) : json::value(exchange.alternate);
    record["history"] = exchange.has_history;
    record["bindings"] = std::move(bindings);
    exchanges.push_back(std::move(record));
  }
  json::array queues;
  for (const QueueNode& queue : view.queues) {
    if (!queue.is_kept) queues.push_back(queue_json(queue));
  }
  json::array warnings;
  for (const TopologyWarning& warning : view.warnings) {
    warnings.push_back(
        json::object{{"kind", warning.kind}, {"subject", warning.subject}, {"text", warning.text}});
  }
  json::object all;
  all["exchanges"] = std::move(exchanges);
  all["queues"] = std::move(queues);
  all["warnings"] = std::move(warnings);
  return write_json(all, 2) + "\n";
}

}  // namespace bb::cli
