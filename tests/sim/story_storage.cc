// What a story does to the broker's storage: the work of its driver, and what goes wrong.
#include <algorithm>
#include <utility>

#include "log/log_format.h"
#include "story.h"

namespace bb::sim {

void Story::storage_step() {
  using Job = Machine::Job;
  switch (dice_.below(8)) {
    case 0:
    case 1:
    case 2:
      if (machine_.flush_due()) flush();
      break;
    case 3:
      if (machine_.sync_state() == Job::kBegun && !dice_.one_in(4)) run_sync();
      break;
    case 4:
      if (machine_.sync_state() == Job::kRun) end_sync();
      break;
    case 5:
      if (machine_.sync_state() == Job::kNone && machine_.storage().wants_sync()) begin_sync();
      break;
    case 6:
      if (machine_.checkpoint_state() == Job::kNone) {
        if (machine_.storage().wants_checkpoint() || dice_.one_in(40)) begin_checkpoint();
      } else if (machine_.checkpoint_state() == Job::kRun) {
        end_checkpoint();
      } else if (machine_.checkpoint_may_run()) {
        run_checkpoint();
      }
      break;
    default:  // a tick
      machine_.storage().set_time(wall_ms_);
      machine_.storage().set_disk_low(room_limited_);
      flush();
      if (!log_.failed() && machine_.sync_state() == Job::kNone) begin_sync();
  }
}

void Story::flush() {
  const auto flushed = machine_.flush();
  if (check_power()) return;
  if (flushed) {
    log_.note("flush to {}", machine_.log_end());
    model_.flushed(machine_.log_end(), writes_all());
    if (machine_.log_end() > last_write_) {
      last_write_ = machine_.log_end();
      durable_marks_[last_write_] = machine_.storage().durable() + 1;
    }
  }
  check_failure();
}

void Story::begin_sync() {
  if (!machine_.begin_sync(model_.written())) return;
  log_.note("sync begins: written to {}", model_.written());
}

void Story::run_sync() {
  const bool done = machine_.run_sync(model_);
  if (check_power()) return;
  log_.note("sync runs{}", done ? "" : ", and fails");
}

void Story::end_sync() {
  const std::size_t segments = machine_.storage().segment_count();
  machine_.end_sync();
  if (check_power()) return;
  tally_.segments_gone += segments - machine_.storage().segment_count();
  log_.note("sync ends: durable to {}, {} segments", machine_.storage().durable() + 1,
            machine_.storage().segment_count());
  const Position durable = machine_.storage().durable() + 1;
  turn([&] { machine_.broker().on_durable(); }, durable);
  check_failure();
}

void Story::begin_checkpoint() {
  const auto begun = machine_.begin_checkpoint();
  if (check_power()) return;
  log_.note("checkpoint begins{}{}",
            begun ? "" : ", and fails: ", begun ? "" : begun.error().message);
  if (begun) {
    model_.checkpoint_begun();
    checkpoint_covers_ = !writes_all();
  }
  if (begun) model_.flushed(machine_.log_end(), writes_all());
  check_failure();
}

void Story::run_checkpoint() {
  model_.checkpoint_runs();
  const bool done = machine_.run_checkpoint();
  if (done) model_.checkpoint_done();
  if (check_power()) return;
  log_.note("checkpoint runs{}", done ? "" : ", and fails");
}

void Story::end_checkpoint() {
  const std::size_t segments = machine_.storage().segment_count();
  machine_.end_checkpoint();
  checkpoint_covers_ = false;
  if (check_power()) return;
  tally_.segments_gone += segments - machine_.storage().segment_count();
  ++tally_.checkpoints;
  log_.note("checkpoint ends, {} segments", machine_.storage().segment_count());
  check_failure();
}

void Story::check_failure() {
  if (log_.failed() || storage_failed_ || !machine_.storage().failed()) return;
  storage_failed_ = true;
  wants_restart_ = true;
  ++tally_.failed_storages;
  power_fails_ = dice_.one_in(2);
  log_.note("the storage has failed: {}", machine_.storage().failed()->message);
  turn([&] {
    machine_.broker().on_storage_failed();
    model_.storage_failed();
  });
}

void Story::sync_all() {
  log_.note("all is synced");
  flush();
  for (int i = 0; i < 3 && !log_.failed(); ++i) {
    if (machine_.sync_state() == Machine::Job::kNone) begin_sync();
    if (machine_.sync_state() == Machine::Job::kBegun) run_sync();
    if (machine_.sync_state() == Machine::Job::kRun) end_sync();
  }
}

void Story::fault() {
  switch (dice_.below(10)) {
    case 0:
    case 1:
      log_.note("the power is to fail soon, within a call");
      power_fails_ = true;
      return machine_.folder().end_after(dice_.below(30), dice_.below(101));
    case 2:
      log_.note("the process is to be killed soon, within a call");
      power_fails_ = false;
      return machine_.folder().end_after(dice_.below(30), dice_.below(101));
    case 3:
      return end_and_start(/*power_failed=*/true);
    case 4:
      return end_and_start(/*power_failed=*/false);
    case 5:
      log_.note("a sync is to fail");
      return machine_.disk().fail_sync(static_cast<std::uint32_t>(dice_.below(4)));
    case 6:
      if (!dice_.one_in(3)) return;
      log_.note("writes fail");
      writes_fail_ = true;
      return machine_.disk().set_writes_fail(true);
    case 7:
    case 8: {
      const std::uint64_t bytes = dice_.below(12'000);
      log_.note("the disk has room for {} bytes", bytes);
      room_limited_ = true;
      return machine_.disk().set_free_bytes(bytes);
    }
    default:
      if (!room_limited_) return;
      log_.note("the disk has room");
      room_limited_ = false;
      machine_.disk().set_free_bytes(io::SimulatedDisk::kUnlimited);
  }
}

void Story::clear_faults() {
  room_limited_ = writes_fail_ = false;
  machine_.disk().set_free_bytes(io::SimulatedDisk::kUnlimited);
  machine_.disk().set_writes_fail(false);
  machine_.disk().clear_sync_failure();
  machine_.folder().begin_anew();
}

bool Story::check_power() {
  if (!machine_.folder().ended()) return false;
  ++tally_.mid_call;
  end_and_start(power_fails_);
  return true;
}

void Story::end_machine(bool power_failed) {
  log_.note("{}; the log ends at {}", power_failed ? "the power fails" : "the process is killed",
            machine_.log_end());
  tally_.power_failures += power_failed;
  model_.ended(power_failed, machine_.log_end());
  machine_.folder().end_after(0, 0);  // what goes with the clients is not written any more
  for (const auto& client : clients_) client->disconnect();
  appends_.clear();
  machine_.end(power_failed);
  machine_.disk().set_writes_fail(false);
  checkpoint_covers_ = writes_fail_ = storage_failed_ = wants_restart_ = false;
}

void Story::end_and_start(bool power_failed) {
  end_machine(power_failed);
  start();
}

void Story::start() {
  // Some starts end half-way, too.
  for (int attempt = 0; attempt < 4; ++attempt) {
    if (attempt == 3) clear_faults();
    if (attempt < 3 && character_.faults_in != 0 && dice_.one_in(6)) {
      machine_.folder().end_after(dice_.below(12), dice_.below(101));
    }
    const auto started = machine_.start(log::RepairMode::kRefuse, wall_ms_);
    ++tally_.starts;
    const bool ended = machine_.folder().ended();
    if (started && !ended) break;
    log_.note("the start ends: {}", ended ? "the machine does" : started.error().message);
    if (!ended && attempt == 3) {
      return log_.fail("the broker does not start: {}", started.error().message);
    }
    const bool power_failed = ended && dice_.one_in(2);
    if (power_failed) model_.power_failed();
    machine_.end(power_failed);
    // A full disk, or a sync that fails, may be the reason.
    if (!ended) clear_faults();
  }
  machine_.folder().begin_anew();
  const Inventory found = machine_.inventory();
  log_.note("started: the log ends at {}", found.log_end);
  last_write_ = found.log_end;
  durable_marks_.erase(durable_marks_.upper_bound(found.log_end), durable_marks_.end());
  model_.started(found);
}

}  // namespace bb::sim
