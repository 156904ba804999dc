#include "broker/binding_list.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bb::broker {
namespace {

std::string key_of(const Binding& binding) {
  std::string key;
  key.reserve(binding.exchange.size() + 1 + binding.routing_key.size());
  key.append(binding.exchange).push_back('\0');
  key.append(binding.routing_key);
  return key;
}

}  // namespace

bool operator==(const Binding& a, const Binding& b) {
  return a.exchange == b.exchange && a.routing_key == b.routing_key &&
         amqp::encode_table_content(a.arguments) == amqp::encode_table_content(b.arguments);
}

const Binding* BindingList::find(const Binding& binding) const {
  const auto [first, last] = bindings_.equal_range(key_of(binding));
  const auto found =
      std::find_if(first, last, [&](const auto& entry) { return entry.second == binding; });
  return found == last ? nullptr : &found->second;
}

void BindingList::add(Binding binding) {
  auto key = key_of(binding);
  bindings_.emplace(std::move(key), std::move(binding));
}

void BindingList::remove(const Binding& binding) {
  const auto [first, last] = bindings_.equal_range(key_of(binding));
  const auto found =
      std::find_if(first, last, [&](const auto& entry) { return entry.second == binding; });
  BB_ASSERT(found != last);
  bindings_.erase(found);
}

}  // namespace bb::broker
