#include "broker/allowed_access.h"

#include <utility>

#include "base/try.h"

namespace bb::broker {

Result<void> AllowedAccess::check(Access access, ResourceKind kind, std::string_view name) {
  if (version_ != control_.version()) {
    version_ = control_.version();
    entries_.clear();
    next_replaced_ = 0;
  }
  for (const Entry& entry : entries_) {
    if (entry.access == access && entry.kind == kind && entry.name == name) return {};
  }
  BB_TRY(control_.check(user_, vhost_, access, kind, name));
  Entry entry{access, kind, std::string(name)};
  if (entries_.size() < kEntriesMax) {
    entries_.push_back(std::move(entry));
  } else {
    entries_[next_replaced_++ % kEntriesMax] = std::move(entry);
  }
  return {};
}

}  // namespace bb::broker
