// Deliveries that wait for a handler, and which may have one next.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "client/message.h"

namespace bb::client {

// Work of one key is done one by one, in order; what has the key "" has nothing to do with any
// other. Constant time for each. Not thread-safe.
class WorkLine {
 public:
  struct Work {
    std::string key;
    Delivery delivery;
  };

  void push(Work work);
  // The oldest whose key is free; the key is taken until finish(). nullopt: none.
  std::optional<Work> next();
  // The work of `key` that next() gave is done.
  void finish(const std::string& key);

  std::size_t waiting() const { return waiting_; }
  // Forgets what waits, but for which keys are taken.
  void clear();

 private:
  std::deque<Work> ready_;  // of different keys, none of them taken
  // The keys that are taken or in ready_, with what comes after those.
  std::unordered_map<std::string, std::deque<Delivery>> behind_;
  std::unordered_set<std::string> taken_;
  std::size_t waiting_ = 0;
};

}  // namespace bb::client
