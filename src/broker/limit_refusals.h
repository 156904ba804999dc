// What was refused because a limit of Options was reached, counted for those who look on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bb::broker {

enum class Limit : std::uint8_t {
  kConnections,
  kChannels,
  kConsumers,
  kVhosts,
  kUsers,
  kQueues,
  kExchanges,
  kBindings,
  kBodyBytes,
  kTables,
  kQueueLength,
  kTransactionBytes,
  kMemory,
  kDisk,
};

class LimitRefusals {
 public:
  // As metrics call them, in the order of Limit.
  static constexpr std::array<std::string_view, 14> kNames = {
      "connections",  "channels",          "consumers", "vhosts",     "users",
      "queues",       "exchanges",         "bindings",  "body_bytes", "tables",
      "queue_length", "transaction_bytes", "memory",    "disk"};

  void count(Limit limit) { ++counts_[static_cast<std::size_t>(limit)]; }
  std::uint64_t of(Limit limit) const { return counts_[static_cast<std::size_t>(limit)]; }

  template <class Visit>
  void for_each(const Visit& visit) const {
    for (std::size_t i = 0; i < kNames.size(); ++i) visit(kNames[i], counts_[i]);
  }

 private:
  std::array<std::uint64_t, kNames.size()> counts_{};
};

}  // namespace bb::broker
