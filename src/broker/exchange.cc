#include "broker/exchange.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"
#include "broker/header_match.h"
#include "broker/topic_trie.h"

namespace bb::broker {
namespace {

constexpr std::array<std::pair<std::string_view, ExchangeType>, 4> kTypes{{
    {"direct", ExchangeType::kDirect},
    {"fanout", ExchangeType::kFanout},
    {"topic", ExchangeType::kTopic},
    {"headers", ExchangeType::kHeaders},
}};

void append(std::vector<Queue*>& to, const DestinationSet& from) {
  to.insert(to.end(), from.queues().begin(), from.queues().end());
}

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
};

}  // namespace

std::string_view to_string(ExchangeType type) {
  return kTypes[static_cast<std::size_t>(type)].first;
}

std::optional<ExchangeType> parse_exchange_type(std::string_view name) {
  for (const auto& [text, type] : kTypes) {
    if (text == name) return type;
  }
  return std::nullopt;
}

bool operator==(const Binding& a, const Binding& b) {
  return a.exchange == b.exchange && a.routing_key == b.routing_key &&
         amqp::encode_table_content(a.arguments) == amqp::encode_table_content(b.arguments);
}

class Exchange::Router {
 public:
  virtual ~Router() = default;
  virtual Result<void> bind(const Binding& binding, Queue* queue) = 0;
  virtual void unbind(const Binding& binding, Queue* queue) = 0;
  virtual void route(const RoutingInput& input, std::vector<Queue*>& queues) = 0;
};

class Exchange::DirectRouter final : public Router {
 public:
  Result<void> bind(const Binding& binding, Queue* queue) override {
    keys_[binding.routing_key].add(queue);
    return {};
  }
  void unbind(const Binding& binding, Queue* queue) override {
    const auto key = keys_.find(binding.routing_key);
    BB_ASSERT(key != keys_.end());
    key->second.remove(queue);
    if (key->second.empty()) keys_.erase(key);
  }
  void route(const RoutingInput& input, std::vector<Queue*>& queues) override {
    const auto key = keys_.find(input.routing_key);
    if (key != keys_.end()) append(queues, key->second);
  }

 private:
  std::unordered_map<std::string, DestinationSet, KeyHash, std::equal_to<>> keys_;
};

class Exchange::FanoutRouter final : public Router {
 public:
  Result<void> bind(const Binding&, Queue* queue) override {
    all_.add(queue);
    return {};
  }
  void unbind(const Binding&, Queue* queue) override { all_.remove(queue); }
  void route(const RoutingInput&, std::vector<Queue*>& queues) override { append(queues, all_); }

 private:
  DestinationSet all_;
};

class Exchange::TopicRouter final : public Router {
 public:
  Result<void> bind(const Binding& binding, Queue* queue) override {
    trie_.add(binding.routing_key, queue);
    return {};
  }
  void unbind(const Binding& binding, Queue* queue) override {
    trie_.remove(binding.routing_key, queue);
  }
  void route(const RoutingInput& input, std::vector<Queue*>& queues) override {
    trie_.match(input.routing_key, [&](const DestinationSet& set) { append(queues, set); });
  }

 private:
  TopicTrie trie_;
};

class Exchange::HeadersRouter final : public Router {
 public:
  Result<void> bind(const Binding& binding, Queue* queue) override {
    auto match = HeaderMatch::compile(binding.arguments);
    if (!match) return fail(std::move(match).error());
    rules_.push_back({binding, *std::move(match), queue});
    return {};
  }
  void unbind(const Binding& binding, Queue* queue) override {
    const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& candidate) {
      return candidate.queue == queue && candidate.binding == binding;
    });
    BB_ASSERT(rule != rules_.end());
    rules_.erase(rule);
  }
  void route(const RoutingInput& input, std::vector<Queue*>& queues) override {
    amqp::FieldTable headers;
    if (input.headers) {
      // Checked when the message was received, so this decodes.
      if (auto decoded = amqp::decode_table(*input.headers)) headers = *std::move(decoded);
    }
    for (const Rule& rule : rules_) {
      if (rule.match.matches(headers)) queues.push_back(rule.queue);
    }
  }

 private:
  struct Rule {
    Binding binding;
    HeaderMatch match;
    Queue* queue;
  };
  std::vector<Rule> rules_;
};

std::unique_ptr<Exchange::Router> Exchange::make_router(ExchangeType type) {
  switch (type) {
    case ExchangeType::kDirect:
      return std::make_unique<DirectRouter>();
    case ExchangeType::kFanout:
      return std::make_unique<FanoutRouter>();
    case ExchangeType::kTopic:
      return std::make_unique<TopicRouter>();
    case ExchangeType::kHeaders:
      return std::make_unique<HeadersRouter>();
  }
  BB_ASSERT(false);  // every type has a router
  return nullptr;
}

Exchange::Exchange(std::string name, Properties properties)
    : name_(std::move(name)),
      properties_(std::move(properties)),
      router_(make_router(properties_.type)) {}

Exchange::~Exchange() = default;

Result<void> Exchange::bind(const Binding& binding, Queue* queue) {
  auto bound = router_->bind(binding, queue);
  if (bound) ++binding_count_;
  return bound;
}

void Exchange::unbind(const Binding& binding, Queue* queue) {
  BB_ASSERT(binding_count_ > 0);
  router_->unbind(binding, queue);
  --binding_count_;
}

void Exchange::route(const RoutingInput& input, std::vector<Queue*>& queues) {
  router_->route(input, queues);
}

}  // namespace bb::broker
