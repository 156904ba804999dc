#include "server/storage_driver.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "base/logging.h"
#include "base/try.h"

namespace bb::server {

namespace asio = boost::asio;

StorageDriver::StorageDriver(asio::any_io_executor executor, const io::Folder& folder,
                             std::uint64_t disk_free_min, broker::LogStorage& storage,
                             broker::Broker& broker, std::function<void(const Error&)> on_failure)
    : executor_(std::move(executor)),
      folder_(folder),
      disk_free_min_(disk_free_min),
      storage_(storage),
      broker_(broker),
      on_failure_(std::move(on_failure)) {
  storage_.set_wake([this] {
    asio::post(executor_, [this, alive = alive_] {
      if (*alive) flush();
    });
  });
}

StorageDriver::~StorageDriver() {
  *alive_ = false;
  storage_.set_wake(nullptr);
  sync_thread_.join();
  checkpoint_thread_.join();
}

void StorageDriver::flush() {
  const auto written = storage_.flush();
  if (!written) logging::debug("storage: {}", written.error().message);
  if (storage_.wants_sync()) start_sync();
  check_failure();
}

void StorageDriver::start_sync() {
  if (sync_) return;
  sync_ = storage_.begin_sync();
  if (!sync_) return;
  asio::post(sync_thread_, [this, alive = alive_] {
    sync_result_ = sync_->run();
    asio::post(executor_, [this, alive] {
      if (*alive) end_sync();
    });
  });
}

void StorageDriver::end_sync() {
  storage_.end_sync(*std::exchange(sync_, std::nullopt), std::move(sync_result_));
  broker_.on_durable();
  check_failure();
  if (checkpoint_ && !checkpoint_running_ && storage_.may_run(*checkpoint_)) run_checkpoint();
  if (storage_.wants_sync()) start_sync();
  if (storage_.wants_checkpoint()) start_checkpoint();
}

void StorageDriver::check_disk() {
  const auto free_bytes = folder_.free_bytes();
  if (!free_bytes) return;  // then writing will say more
  const bool alarm = *free_bytes < disk_free_min_;
  if (alarm != broker_.disk_alarm()) {
    if (alarm) {
      logging::warning("{} bytes left on the disk, below the limit of {}: publishers wait",
                       *free_bytes, disk_free_min_);
    } else {
      logging::info("{} bytes left on the disk: publishers go on", *free_bytes);
    }
  }
  broker_.set_disk_alarm(alarm);
}

void StorageDriver::tick() {
  check_disk();
  flush();
  if (const auto marked = storage_.mark_durable(); !marked) {
    logging::debug("storage: {}", marked.error().message);
  }
  start_sync();
  if (storage_.wants_checkpoint()) start_checkpoint();
}

void StorageDriver::start_checkpoint() {
  auto job = storage_.begin_checkpoint(broker_);
  if (!job) {
    logging::warning("no checkpoint: {}", job.error().message);
    return;
  }
  checkpoint_.emplace(*std::move(job));
  if (storage_.may_run(*checkpoint_)) {
    run_checkpoint();
  } else {
    start_sync();
  }
}

void StorageDriver::run_checkpoint() {
  checkpoint_running_ = true;
  asio::post(checkpoint_thread_, [this, alive = alive_] {
    checkpoint_result_ = checkpoint_->run();
    asio::post(executor_, [this, alive] {
      if (*alive) end_checkpoint();
    });
  });
}

void StorageDriver::end_checkpoint() {
  checkpoint_running_ = false;
  storage_.end_checkpoint(*std::exchange(checkpoint_, std::nullopt), std::move(checkpoint_result_));
}

void StorageDriver::check_failure() {
  if (!storage_.failed() || std::exchange(failure_told_, true)) return;
  broker_.on_storage_failed();
  on_failure_(*storage_.failed());
}

Result<void> StorageDriver::stop() {
  *alive_ = false;
  storage_.set_wake(nullptr);
  sync_thread_.join();
  checkpoint_thread_.join();
  if (sync_) storage_.end_sync(*std::exchange(sync_, std::nullopt), std::move(sync_result_));
  if (checkpoint_running_) end_checkpoint();
  if (storage_.failed()) return fail(*storage_.failed());
  return storage_.close(broker_);
}

}  // namespace bb::server
