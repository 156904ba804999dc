// Stories that end with a bit turned over on the disk.
#include <algorithm>
#include <utility>

#include "log/log_format.h"
#include "story.h"

namespace bb::sim {

// The broker starts only if nothing that matters was hit, or not without a repair, which then loses
// no more than what was.
void Story::flip_bit() {
  clear_faults();
  sync_all();
  const Position log_end = machine_.log_end();
  const Position durable_mark = durable_marks_.rbegin()->second;
  end_machine(/*power_failed=*/dice_.one_in(2));
  if (log_.failed()) return;
  const auto names = machine_.disk().list();
  if (!names || names->empty()) return;
  const std::string& name = dice_.any_of(*names);
  const auto file = machine_.disk().open_file(name, io::OpenMode::kRead);
  const std::uint64_t size = file ? (*file)->size().value_or(0) : 0;
  if (size == 0) return;
  const std::uint64_t offset = dice_.below(size);
  machine_.disk().flip_bit(name, offset, static_cast<unsigned>(dice_.below(8)));
  const auto base = log::base_of_name(name);
  log_.note(
      "a bit of {} is turned over, at byte {} (position {}); the log says of itself that it is "
      "durable up to {}",
      name, offset, base.value_or(0) + offset, durable_mark);
  const auto started = machine_.start(log::RepairMode::kRefuse, wall_ms_);
  ++tally_.starts;
  if (started) {
    ++tally_.flips_harmless;
    const Inventory found = machine_.inventory();
    if (found.log_end >= log_end) {
      model_.started(found);
    } else if (found.log_end >= durable_mark) {
      // A torn tail, as far as anybody can tell.
      if (!model_.repaired(found, given_up())) return;
    } else {
      return log_.fail("damage is taken for a torn tail: the log ends at {}", found.log_end);
    }
    if (!log_.failed() && check_bodies()) drain();
    return;
  }
  ++tally_.flips_refused;
  log_.note("the start is refused: {}", started.error().message);
  if (started.error().code != ErrorCode::kCorruptData &&
      started.error().code != ErrorCode::kFailure) {
    return log_.fail("damage is not told as such: {}", started.error().message);
  }
  machine_.end(/*power_failed=*/false);
  const auto repaired = machine_.start(log::RepairMode::kRepair, wall_ms_);
  if (!repaired) {
    if (repaired.error().code == ErrorCode::kFailure) return;  // of another version, it says
    return log_.fail("no repair: {}", repaired.error().message);
  }
  if (!model_.repaired(machine_.inventory(), given_up())) return;
  if (!machine_.broker().access().enters("guest", "/")) return;  // that was hit
  if (!log_.failed() && check_bodies()) drain();
}

Model::Stretches Story::given_up() {
  Model::Stretches stretches;
  const log::RecoveryReport& report = machine_.storage().recovery();
  for (const auto* list : {&report.skipped, &report.trimmed}) {
    for (const auto& stretch : *list) stretches.emplace_back(stretch.begin, stretch.end);
  }
  return stretches;
}

bool Story::check_bodies() {
  std::uint64_t unreadable = 0;
  const auto check = [&](QueueId queue, Position position) {
    broker::MemoryGauge gauge;
    if (machine_.storage().load(position, gauge)) return;
    ++unreadable;
    log_.note("position {} of queue {} cannot be read", position, queue);
  };
  const Inventory found = machine_.inventory();
  for (const auto& [queue, messages] : found.messages) {
    for (const broker::QueuedMessage& message : messages) check(queue, message.position);
  }
  for (const auto& [queue, stream] : found.streams) {
    for (const Position position : stream.positions) {
      if (position != 0) check(queue, position);
    }
  }
  return unreadable == 0;
}

}  // namespace bb::sim
