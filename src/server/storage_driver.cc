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
      on_failure_(std::move(on_failure)),
      wait_timer_(executor_) {
  storage_.set_wake([this](broker::FlushDue due) {
    asio::post(executor_, [this, due, alive = alive_] {
      if (*alive) woken(due);
    });
  });
}

StorageDriver::~StorageDriver() {
  *alive_ = false;
  storage_.set_wake(nullptr);
  sync_thread_.join();
  checkpoint_thread_.join();
}

void StorageDriver::woken(broker::FlushDue due) {
  if (due == broker::FlushDue::kBeforeAnswers) return flush();
  // Once more to the end of the line: what is delivered in this turn leaves first.
  asio::post(executor_, [this, alive = alive_] {
    if (*alive) flush_soon();
  });
}

void StorageDriver::flush(bool may_block) {
  const auto written = storage_.flush();
  if (!written) logging::debug("storage: {}", written.error().message);
  if (storage_.wants_sync()) start_sync(may_block);
  check_failure();
}

void StorageDriver::flush_soon() {
  if (sync_ || !storage_.wants_flush()) return;  // the end of the sync comes back to it
  if (!waiting_) return flush(/*may_block=*/true);
  if (storage_.unsynced_bytes() >= SyncPace::kEnoughBytes) return flush();
  pace_.arrived(SyncPace::Clock::now());
  storage_.postpone();
}

void StorageDriver::start_sync(bool may_block) {
  if (sync_) return;
  if (waiting_) end_wait(/*enough=*/true);
  sync_ = storage_.begin_sync();
  if (!sync_) return;
  const broker::Counters& counters = broker_.counters();
  const bool worth_it = pace_.begin(SyncPace::Clock::now(), counters.published, counters.delivered);
  if (may_block && worth_it) {
    sync_result_ = sync_->run();
    return end_sync();
  }
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
  if (storage_.wants_checkpoint()) start_checkpoint();
  const bool urgent = checkpoint_ && !checkpoint_running_;
  const auto wait =
      pace_.end(SyncPace::Clock::now(), storage_.wants_sync() ? storage_.unsynced_bytes() : 0);
  if (wait > SyncPace::Duration::zero() && !urgent) {
    wait_for_more(wait);
  } else if (storage_.wants_sync() || urgent) {
    flush();
    start_sync();
  } else if (storage_.wants_flush()) {
    woken(broker::FlushDue::kSoon);
  } else if (storage_.wants_release()) {
    start_sync();
  }
}

void StorageDriver::wait_for_more(SyncPace::Duration duration) {
  waiting_ = true;
  storage_.postpone();
  wait_timer_.expires_after(duration);
  wait_timer_.async_wait([this, alive = alive_](const boost::system::error_code& cancelled) {
    if (cancelled || !*alive || !waiting_) return;
    end_wait(/*enough=*/false);
    flush();
  });
}

void StorageDriver::end_wait(bool enough) {
  waiting_ = false;
  wait_timer_.cancel();
  pace_.waited(SyncPace::Clock::now(), enough);
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
  storage_.set_disk_low(alarm);
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
  wait_timer_.cancel();
  storage_.set_wake(nullptr);
  sync_thread_.join();
  checkpoint_thread_.join();
  if (sync_) storage_.end_sync(*std::exchange(sync_, std::nullopt), std::move(sync_result_));
  if (checkpoint_running_) end_checkpoint();
  if (storage_.failed()) return fail(*storage_.failed());
  return storage_.close(broker_);
}

}  // namespace bb::server
