// The broker's process: the core on a simulated disk, and what its storage driver does, in steps
// that a story puts into any order that the driver's threads could.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "broker/broker.h"
#include "broker/log_storage.h"
#include "io/power_folder.h"
#include "io/simulated_disk.h"
#include "model.h"
#include "tap_storage.h"

namespace bb::sim {

class Machine {
 public:
  Machine(std::uint64_t seed, broker::Options options, broker::LogStorageOptions storage_options)
      : options_(std::move(options)), storage_options_(storage_options), disk_(seed) {}

  io::SimulatedDisk& disk() { return disk_; }
  io::PowerFolder& folder() { return folder_; }

  // Reads what is on the disk.
  Result<void> start(log::RepairMode repair, std::int64_t now_ms);
  // Forgets all that is not on the disk, and writes nothing more to it. The clients are gone.
  void end(bool power_failed);
  bool running() const { return broker_ != nullptr; }

  broker::Broker& broker() { return *broker_; }
  broker::LogStorage& storage() { return *storage_; }
  TapStorage& tap() { return *tap_; }
  Position log_end() const { return storage_->appended() + 1; }
  QueueId queue_id(const std::string& name) const;
  // What there is now, and where the log ended when it was opened.
  Inventory inventory() const;

  // The storage asked for a flush.
  bool flush_due() const { return flush_due_; }
  Result<void> flush();

  // A sync: begun, run, ended.
  enum class Job : std::uint8_t { kNone, kBegun, kRun };
  Job sync_state() const { return sync_state_; }
  bool begin_sync(Position written);
  // True: what the sync was of is on the disk.
  bool run_sync(Model& model);
  void end_sync();

  Job checkpoint_state() const { return checkpoint_state_; }
  Result<void> begin_checkpoint();
  bool checkpoint_may_run() const { return storage_->may_run(*checkpoint_); }
  bool run_checkpoint();
  void end_checkpoint();

 private:
  const broker::Options options_;
  broker::LogStorageOptions storage_options_;
  io::SimulatedDisk disk_;
  io::PowerFolder folder_{disk_};

  std::unique_ptr<broker::LogStorage> storage_;
  std::unique_ptr<TapStorage> tap_;
  std::unique_ptr<broker::Broker> broker_;
  Position opened_end_ = 0;
  bool flush_due_ = false;

  Job sync_state_ = Job::kNone;
  std::optional<log::SyncJob> sync_;
  Result<void> sync_result_;
  Position sync_written_ = 0;
  Position sync_end_ = 0;

  Job checkpoint_state_ = Job::kNone;
  std::optional<broker::LogStorage::CheckpointJob> checkpoint_;
  Result<void> checkpoint_result_;
};

}  // namespace bb::sim
