// The registry of services in the data directory.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "bloodbank/result.h"
#include "bloodbank/time.h"
#include "io/file_system.h"
#include "registry/service_table.h"

namespace bb::server {

// A ServiceTable, and the file services.json that follows it (docs/formats/services.md).
//
// Durability: what changed is written by a thread of the store's own, soon after tick(), and
// synced; the one who changed it is not kept waiting. A process that is killed forgets at most the
// last second, and what it forgot registers again with its next heartbeat. A write that fails is
// logged, once, and tried again with the next change.
//
// One thread owns it. The mutex is the only one that it takes.
class ServiceStore {
 public:
  // Reads what is there. A file that cannot be read as one is set aside, with a warning, and the
  // registry begins empty: services register again by themselves. `folder` outlives the store.
  // kIo.
  static Result<std::unique_ptr<ServiceStore>> open(io::Folder& folder, Timestamp now);
  // Writes what is not written yet.
  ~ServiceStore();
  ServiceStore(const ServiceStore&) = delete;
  ServiceStore& operator=(const ServiceStore&) = delete;

  registry::ServiceTable& table() { return table_; }

  // Every second or so: drops what has expired, and has the file written when there is something
  // new to say, or kSaveInterval after the last time: which services ran then tells a restart who
  // was there.
  void tick(Timestamp now);
  static constexpr std::chrono::seconds kSaveInterval{30};
  // Has it written as it is now: at an end in order.
  void save(Timestamp now);

 private:
  ServiceStore(io::Folder& folder, registry::ServiceTable table, Timestamp now);
  void write_loop();
  Result<void> write(const std::string& document);

  io::Folder& folder_;
  registry::ServiceTable table_;
  Timestamp saved_at_;

  std::mutex mutex_;  // of the two below
  std::optional<std::string> to_write_;
  bool ending_ = false;
  std::condition_variable changed_;
  bool failing_ = false;  // the thread's
  std::thread writer_;
};

}  // namespace bb::server
