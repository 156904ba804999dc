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

class Exchange::Router {
 public:
  virtual ~Router() = default;
  virtual Result<void> bind(const Binding& binding, Bound to) = 0;
  virtual void unbind(const Binding& binding, Bound to) = 0;
  virtual void route(const RoutingInput& input, Destinations& to) = 0;
};

class Exchange::DirectRouter final : public Router {
 public:
  Result<void> bind(const Binding& binding, Bound to) override {
    keys_[binding.routing_key].add(to);
    return {};
  }
  void unbind(const Binding& binding, Bound to) override {
    const auto key = keys_.find(binding.routing_key);
    BB_ASSERT(key != keys_.end());
    key->second.remove(to);
    if (key->second.empty()) keys_.erase(key);
  }
  void route(const RoutingInput& input, Destinations& to) override {
    const auto key = keys_.find(input.routing_key);
    if (key != keys_.end()) key->second.append_to(to);
  }

 private:
  std::unordered_map<std::string, DestinationSet, KeyHash, std::equal_to<>> keys_;
};

class Exchange::FanoutRouter final : public Router {
 public:
  Result<void> bind(const Binding&, Bound to) override {
    all_.add(to);
    return {};
  }
  void unbind(const Binding&, Bound to) override { all_.remove(to); }
  void route(const RoutingInput&, Destinations& to) override { all_.append_to(to); }

 private:
  DestinationSet all_;
};

class Exchange::TopicRouter final : public Router {
 public:
  Result<void> bind(const Binding& binding, Bound to) override {
    trie_.add(binding.routing_key, to);
    return {};
  }
  void unbind(const Binding& binding, Bound to) override { trie_.remove(binding.routing_key, to); }
  void route(const RoutingInput& input, Destinations& to) override {
    trie_.match(input.routing_key, [&](const DestinationSet& set) { set.append_to(to); });
  }

 private:
  TopicTrie trie_;
};

class Exchange::HeadersRouter final : public Router {
 public:
  Result<void> bind(const Binding& binding, Bound to) override {
    auto match = HeaderMatch::compile(binding.arguments);
    if (!match) return fail(std::move(match).error());
    rules_.push_back({binding, *std::move(match), to});
    return {};
  }
  void unbind(const Binding& binding, Bound to) override {
    const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& candidate) {
      return candidate.to == to && candidate.binding == binding;
    });
    BB_ASSERT(rule != rules_.end());
    rules_.erase(rule);
  }
  void route(const RoutingInput& input, Destinations& to) override {
    amqp::FieldTable headers;
    if (input.headers) {
      // Checked when the message was received, so this decodes.
      if (auto decoded = amqp::decode_table(*input.headers)) headers = *std::move(decoded);
    }
    for (const Rule& rule : rules_) {
      if (!rule.match.matches(headers)) continue;
      if (Queue* const* queue = std::get_if<Queue*>(&rule.to)) {
        to.queues.push_back(*queue);
      } else {
        to.exchanges.push_back(std::get<Exchange*>(rule.to));
      }
    }
  }

 private:
  struct Rule {
    Binding binding;
    HeaderMatch match;
    Bound to;
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

Result<void> Exchange::bind(const Binding& binding, Bound to) {
  auto bound = router_->bind(binding, to);
  if (bound) ++binding_count_;
  return bound;
}

void Exchange::unbind(const Binding& binding, Bound to) {
  BB_ASSERT(binding_count_ > 0);
  router_->unbind(binding, to);
  --binding_count_;
}

void Exchange::route(const RoutingInput& input, Destinations& to) {
  router_->route(input, to);
  if (properties_.type != ExchangeType::kDirect && properties_.type != ExchangeType::kTopic) return;
  for (const std::string& key : input.copies) {
    router_->route({.routing_key = key, .headers = input.headers}, to);
  }
}

const std::string* Exchange::alternate() const {
  const amqp::FieldValue* const name = properties_.arguments.find(kAlternateExchange);
  return name == nullptr ? nullptr : name->as_string();
}

}  // namespace bb::broker
