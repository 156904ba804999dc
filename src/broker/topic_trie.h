// The bindings of a topic exchange, as a trie of words (AMQP 0-9-1 §3.1.3.3).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/destination_set.h"

namespace bb::broker {

// Patterns are words separated by '.': `*` stands for one word, `#` for any number
// of words, none included. The empty pattern and the empty routing key have no words.
//
// A match walks the trie one word at a time with the set of nodes reached so far,
// each at most once a step: the cost is bounded by the words of the key times the nodes
// that its words reach, however many bindings there are and however many `#` they have.
class TopicTrie {
 public:
  TopicTrie();
  ~TopicTrie();

  void add(std::string_view pattern, Bound bound);
  // They were added before.
  void remove(std::string_view pattern, Bound bound);

  // Calls `found` for every set of queues whose pattern matches. A queue with several
  // matching patterns is in several sets.
  template <class Found>
  void match(std::string_view routing_key, Found found) {
    for (const Node* node : reach(routing_key)) {
      if (!node->destinations.empty()) found(node->destinations);
    }
  }

  // Nodes in the trie, the root included.
  std::size_t node_count() const { return node_count_; }

 private:
  struct WordHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const {
      return std::hash<std::string_view>{}(word);
    }
  };
  struct Node {
    std::unordered_map<std::string, std::unique_ptr<Node>, WordHash, std::equal_to<>> words;
    std::unique_ptr<Node> star;
    std::unique_ptr<Node> hash;
    DestinationSet destinations;
    std::uint64_t reached_at = 0;  // the step that put it in the active set last
    bool is_hash = false;

    bool unused() const { return words.empty() && !star && !hash && destinations.empty(); }
  };

  const std::vector<Node*>& reach(std::string_view routing_key);
  void activate(Node* node, std::vector<Node*>& set);
  bool prune(Node& node, std::string_view pattern, Bound bound);

  Node root_;
  std::size_t node_count_ = 1;
  std::uint64_t step_ = 0;
  std::vector<Node*> active_;
  std::vector<Node*> next_;
};

}  // namespace bb::broker
