// The queues that a binding key leads to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace bb::broker {

class Queue;

// A set of queues that counts how many bindings put each one there. Iterating is a
// walk over a vector; adding and removing are constant whatever the size.
class DestinationSet {
 public:
  void add(Queue* queue);
  // One binding less; the queue leaves with its last one.
  void remove(Queue* queue);

  const std::vector<Queue*>& queues() const { return queues_; }
  bool empty() const { return queues_.empty(); }

 private:
  struct Slot {
    std::size_t index;
    std::uint32_t bindings;
  };
  std::vector<Queue*> queues_;
  std::unordered_map<Queue*, Slot> slots_;
};

}  // namespace bb::broker
