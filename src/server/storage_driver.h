// Keeps a broker's storage going: writes, syncs and checkpoints, beside the event loop.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "broker/broker.h"
#include "broker/log_storage.h"
#include "server/sync_pace.h"

namespace bb::server {

// On the broker's executor, but for what blocks: syncs run on one thread of its own, checkpoints
// on another. Changes of definitions are written before the answers to them leave. Messages and
// what queues are done with are written after the deliveries of the turn, all at once before the
// sync of them begins: as soon as the one before has ended, or a little later (SyncPace).
class StorageDriver {
 public:
  // All outlive it. `folder` is the storage's: publishers are held back while its disk has less
  // than `disk_free_min` bytes left. `on_failure` is called once, if the storage fails for good.
  StorageDriver(boost::asio::any_io_executor executor, const io::Folder& folder,
                std::uint64_t disk_free_min, broker::LogStorage& storage, broker::Broker& broker,
                std::function<void(const Error&)> on_failure);
  ~StorageDriver();

  // About once a second: syncs what nobody waits for, begins checkpoints, looks at the disk.
  void tick();
  // Blocks until all is on disk, and a checkpoint with it. Nothing runs afterwards.
  Result<void> stop();

 private:
  void woken(broker::FlushDue due);
  // `may_block`: the sync of it may run here, if SyncPace says that this is worth it.
  void flush(bool may_block = false);
  void flush_soon();
  void start_sync(bool may_block = false);
  void end_sync();
  void wait_for_more(SyncPace::Duration duration);
  void end_wait(bool enough);
  void start_checkpoint();
  void run_checkpoint();
  void end_checkpoint();
  void check_failure();
  void check_disk();

  boost::asio::any_io_executor executor_;
  const io::Folder& folder_;
  const std::uint64_t disk_free_min_;
  broker::LogStorage& storage_;
  broker::Broker& broker_;
  std::function<void(const Error&)> on_failure_;
  // What runs elsewhere and comes back finds out by this whether somebody is left to come back to.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  SyncPace pace_;
  boost::asio::steady_timer wait_timer_;
  bool waiting_ = false;  // for more to sync
  // Their threads' while they run.
  std::optional<log::SyncJob> sync_;
  Result<void> sync_result_;
  std::optional<broker::LogStorage::CheckpointJob> checkpoint_;
  Result<void> checkpoint_result_;
  bool checkpoint_running_ = false;  // before that it waits for its sync
  bool failure_told_ = false;
  boost::asio::thread_pool sync_thread_{1};
  boost::asio::thread_pool checkpoint_thread_{1};
};

}  // namespace bb::server
