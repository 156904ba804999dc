// A list of ids, each once, in order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <utility>
#include <vector>

#include "correlation/uuid_hash.h"

namespace bb::correlation {

class UniqueIds {
 public:
  explicit UniqueIds(std::vector<Uuid> first = {}) {
    for (const Uuid& id : first) add(id);
  }

  void add(const Uuid& id) {
    if (ids_.size() < kFew) {
      if (std::ranges::find(ids_, id) == ids_.end()) ids_.push_back(id);
      return;
    }
    if (known_.empty()) known_.insert(ids_.begin(), ids_.end());
    if (known_.insert(id).second) ids_.push_back(id);
  }

  bool empty() const { return ids_.empty(); }
  std::vector<Uuid> take() && { return std::move(ids_); }

 private:
  // So many are looked through sooner than hashed.
  static constexpr std::size_t kFew = 16;

  std::vector<Uuid> ids_;
  std::unordered_set<Uuid, UuidHash> known_;
};

}  // namespace bb::correlation
