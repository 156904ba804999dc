#include "client/work_line.h"

#include <utility>

namespace bb::client {

void WorkLine::push(Work work) {
  ++waiting_;
  if (!work.key.empty()) {
    const auto [entry, is_free] = behind_.try_emplace(work.key);
    if (!is_free) {
      entry->second.push_back(std::move(work.delivery));
      return;
    }
  }
  ready_.push_back(std::move(work));
}

std::optional<WorkLine::Work> WorkLine::next() {
  if (ready_.empty()) return std::nullopt;
  Work work = std::move(ready_.front());
  ready_.pop_front();
  --waiting_;
  if (!work.key.empty()) taken_.insert(work.key);
  return work;
}

void WorkLine::finish(const std::string& key) {
  if (key.empty()) return;
  taken_.erase(key);
  const auto entry = behind_.find(key);
  if (entry->second.empty()) {
    behind_.erase(entry);
    return;
  }
  ready_.push_back({key, std::move(entry->second.front())});
  entry->second.pop_front();
}

void WorkLine::clear() {
  ready_.clear();
  waiting_ = 0;
  behind_.clear();
  for (const std::string& key : taken_) behind_.try_emplace(key);
}

}  // namespace bb::client
