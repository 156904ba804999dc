// The services that `bb serve` knows of, in memory; service_store.h keeps them on disk.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "bloodbank/time.h"
#include "registry/service_instance.h"
#include "registry/service_rules.h"

namespace bb::registry {

struct TableLimits {
  std::size_t instances_max = 2000;
  std::size_t instances_per_service_max = 100;
};

// Not thread-safe. `now` is the wall clock, and never from before the call before.
class ServiceTable {
 public:
  explicit ServiceTable(TableLimits limits = {}) : limits_(limits) {}

  // What document() gave, read at `now`. Whoever ran when it was written is taken to have been seen
  // just now: nobody could reach a server that was not there. kCorruptData.
  static Result<ServiceTable> parse(std::string_view document, Timestamp now,
                                    TableLimits limits = {});
  // docs/formats/services.md
  std::string document(Timestamp now) const;

  // Registers or refreshes; what it supersedes goes. An instance that has stopped stays so: a
  // heartbeat that comes after it was under way. True if nothing was known of the service.
  // kResourceError at a limit.
  Result<bool> put(ServiceInstance instance, Timestamp now);
  // kNotFound.
  Result<void> remove(const ServiceKey& key);
  // Drops what has expired.
  void expire(Timestamp now);

  // By service, then as they registered.
  std::vector<RegisteredInstance> list(Timestamp now) const;
  std::size_t size() const { return size_; }

  // Whether a restart without the last document would tell other than the table does. Whether an
  // instance was seen a moment ago does not count.
  bool changed() const { return changed_; }
  void set_saved() { changed_ = false; }

 private:
  struct Entry {
    ServiceInstance instance;
    Timestamp seen_at;
  };
  using Instances = std::map<std::string, Entry>;  // by id()

  static RegisteredInstance registered(const Entry& entry, Timestamp now);
  void drop_superseded(Instances& instances, Timestamp now);
  bool make_room(Instances& instances, Timestamp now);

  TableLimits limits_;
  std::map<ServiceKey, Instances> services_;  // none is empty
  std::size_t size_ = 0;
  bool changed_ = false;
};

}  // namespace bb::registry
