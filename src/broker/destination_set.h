// The queues and exchanges that a binding key leads to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <variant>
#include <vector>

namespace bb::broker {

class Exchange;
class Queue;

// The end of a binding: what is bound.
using Bound = std::variant<Queue*, Exchange*>;

// Where messages go, in the order in which it was found. The same one may be there several times.
struct Destinations {
  std::vector<Queue*> queues;
  std::vector<Exchange*> exchanges;

  bool empty() const { return queues.empty() && exchanges.empty(); }
  void clear() {
    queues.clear();
    exchanges.clear();
  }
};

// A set of pointers that counts how often each one was added. Iterating is a walk over a vector;
// adding and removing are constant whatever the size.
template <class T>
class CountedSet {
 public:
  void add(T* member);
  // Once less; the member leaves with its last time.
  void remove(T* member);

  const std::vector<T*>& members() const { return members_; }
  bool empty() const { return members_.empty(); }

 private:
  struct Slot {
    std::size_t index;
    std::uint32_t times;
  };
  std::vector<T*> members_;
  std::unordered_map<T*, Slot> slots_;
};

// Counts how many bindings put each one there.
class DestinationSet {
 public:
  void add(Bound bound);
  // One binding less; it leaves with its last one.
  void remove(Bound bound);

  const std::vector<Queue*>& queues() const { return queues_.members(); }
  bool empty() const { return queues_.empty() && !exchanges_; }

  void append_to(Destinations& to) const {
    to.queues.insert(to.queues.end(), queues().begin(), queues().end());
    if (exchanges_) append_exchanges_to(to);
  }

 private:
  void append_exchanges_to(Destinations& to) const;

  CountedSet<Queue> queues_;
  std::unique_ptr<CountedSet<Exchange>> exchanges_;  // few keys have any; never empty
};

}  // namespace bb::broker
