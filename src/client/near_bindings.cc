#include "client/near_bindings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "amqp/topic_distance.h"
#include "client/text.h"

namespace bb::client {
namespace {

constexpr std::size_t kNearMax = 3;

std::string quoted(std::string_view name) {
  return "'" + one_line(name) + "'";
}

}  // namespace

bool is_kept_of(std::string_view queue, std::string_view exchange) {
  if (!queue.starts_with(exchange)) return false;
  queue.remove_prefix(exchange.size());
  return queue == ".history" || queue == ".quarantine";
}

std::vector<NearBinding> find_near_bindings(std::span<const Binding> bindings,
                                            const std::string& exchange, std::string_view key) {
  // From exchange to exchange, whatever is bound between them.
  std::set<std::string> reached{exchange};
  std::vector<std::string> next{exchange};
  // The nearest of each queue.
  std::map<std::string, std::pair<std::size_t, std::string>> nearest;
  while (!next.empty()) {
    const std::string source = std::move(next.back());
    next.pop_back();
    for (const Binding& binding : bindings) {
      if (binding.source != source || is_kept_of(binding.destination, source)) continue;
      if (binding.to_exchange) {
        if (reached.insert(binding.destination).second) next.push_back(binding.destination);
        continue;
      }
      const std::size_t distance = amqp::topic_distance(binding.key, key);
      if (distance == 0 || distance > amqp::kNearTopicMax) continue;
      const auto [at, is_new] = nearest.try_emplace(binding.destination, distance, binding.key);
      // Of two that are as near, the one that says more.
      const bool is_nearer = std::pair(distance, at->second.second.size()) <
                             std::pair(at->second.first, binding.key.size());
      if (!is_new && is_nearer) at->second = {distance, binding.key};
    }
  }
  std::vector<std::pair<std::size_t, NearBinding>> sorted;
  for (auto& [queue, found] : nearest) {
    sorted.push_back({found.first, {queue, std::move(found.second)}});
  }
  std::ranges::stable_sort(sorted, {}, [](const auto& each) { return each.first; });
  if (sorted.size() > kNearMax) sorted.resize(kNearMax);
  std::vector<NearBinding> near;
  for (auto& each : sorted) near.push_back(std::move(each.second));
  return near;
}

std::string near_bindings_text(const std::vector<NearBinding>& near) {
  std::string text;
  for (const NearBinding& each : near) {
    text += fmt::format("{}the queue {} by {}", text.empty() ? "" : ", ", quoted(each.queue),
                        quoted(each.pattern));
  }
  return text;
}

}  // namespace bb::client
