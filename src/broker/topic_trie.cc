#include "broker/topic_trie.h"

#include <utility>

#include "base/assert.h"

namespace bb::broker {
namespace {

// Cuts the first word off `rest`; false when there is none. `rest` has data() == nullptr
// once the last word was cut, so that "a." has two words and "" has none.
bool next_word(std::string_view& rest, std::string_view& word) {
  if (rest.data() == nullptr) return false;
  const std::size_t dot = rest.find('.');
  word = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  return true;
}

std::string_view words_of(std::string_view text) {
  return text.empty() ? std::string_view{} : text;
}

}  // namespace

TopicTrie::TopicTrie() = default;
TopicTrie::~TopicTrie() = default;

void TopicTrie::add(std::string_view pattern, Bound bound) {
  Node* node = &root_;
  std::string_view rest = words_of(pattern);
  for (std::string_view word; next_word(rest, word);) {
    std::unique_ptr<Node>& child = word == "*"   ? node->star
                                   : word == "#" ? node->hash
                                                 : node->words[std::string(word)];
    if (!child) {
      child = std::make_unique<Node>();
      child->is_hash = word == "#";
      ++node_count_;
    }
    node = child.get();
  }
  node->destinations.add(bound);
}

void TopicTrie::remove(std::string_view pattern, Bound bound) {
  prune(root_, words_of(pattern), bound);
}

// Removes below `node`; true if the node is of no use any more. As deep as the pattern has words,
// at most 256.
bool TopicTrie::prune(Node& node, std::string_view pattern, Bound bound) {
  std::string_view word;
  if (!next_word(pattern, word)) {
    node.destinations.remove(bound);
    return node.unused();
  }
  if (word == "*" || word == "#") {
    std::unique_ptr<Node>& child = word == "*" ? node.star : node.hash;
    BB_ASSERT(child);
    if (prune(*child, pattern, bound)) {
      child.reset();
      --node_count_;
    }
  } else {
    const auto child = node.words.find(word);
    BB_ASSERT(child != node.words.end());
    if (prune(*child->second, pattern, bound)) {
      node.words.erase(child);
      --node_count_;
    }
  }
  return node.unused();
}

void TopicTrie::activate(Node* node, std::vector<Node*>& set) {
  // A '#' child matches no words as well, so it is reached with its parent.
  for (; node != nullptr && node->reached_at != step_; node = node->hash.get()) {
    node->reached_at = step_;
    set.push_back(node);
  }
}

const std::vector<TopicTrie::Node*>& TopicTrie::reach(std::string_view routing_key) {
  active_.clear();
  ++step_;
  activate(&root_, active_);
  std::string_view rest = words_of(routing_key);
  for (std::string_view word; !active_.empty() && next_word(rest, word);) {
    next_.clear();
    ++step_;
    for (Node* node : active_) {
      if (node->is_hash) activate(node, next_);
      if (node->star) activate(node->star.get(), next_);
      if (node->words.empty()) continue;
      if (const auto child = node->words.find(word); child != node->words.end()) {
        activate(child->second.get(), next_);
      }
    }
    std::swap(active_, next_);
  }
  return active_;
}

}  // namespace bb::broker
