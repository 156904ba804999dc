#include "machine.h"

#include "base/try.h"

namespace bb::sim {

Result<void> Machine::start(log::RepairMode repair, std::int64_t now_ms) {
  storage_options_.repair = repair;
  BB_TRY_ASSIGN(auto opened, broker::LogStorage::open(folder_, storage_options_, now_ms));
  storage_ = std::move(opened.storage);
  opened_end_ = log_end();
  tap_ = std::make_unique<TapStorage>(*storage_);
  broker_ = std::make_unique<broker::Broker>(options_, *tap_);
  flush_due_ = false;
  storage_->set_wake([this](broker::FlushDue) { flush_due_ = true; });
  BB_TRY(broker_->restore(std::move(opened.state)));
  return {};
}

void Machine::end(bool power_failed) {
  folder_.end_after(0, 0);
  broker_.reset();
  tap_.reset();
  storage_.reset();
  sync_.reset();
  checkpoint_.reset();
  sync_state_ = checkpoint_state_ = Job::kNone;
  if (power_failed) {
    disk_.crash();
  } else {
    disk_.kill();
  }
  folder_.begin_anew();
}

QueueId Machine::queue_id(const std::string& name) const {
  const auto found = broker_->find_vhost("/")->find_queue(name, 0);
  return found ? (*found)->id() : 0;
}

Inventory Machine::inventory() const {
  Inventory found;
  found.log_end = opened_end_;
  broker::VHost& vhost = *broker_->find_vhost("/");
  vhost.for_each_exchange([&](const broker::Exchange& exchange) {
    if (!exchange.name().empty() && !is_predeclared(exchange.name())) {
      found.exchanges.insert(exchange.name());
    }
  });
  vhost.for_each_queue([&](const broker::Queue& queue) {
    found.queues[queue.name()] = queue.id();
    for (const auto& [key, binding] : queue.bindings()) {
      found.bindings.emplace(binding.exchange, queue.name(), binding.routing_key);
    }
  });
  broker_->for_each_message([&](QueueId queue, const broker::QueuedMessage& message) {
    found.messages[queue].push_back(message);
    found.messages[queue].back().message.reset();
  });
  broker_->for_each_stream([&](QueueId queue, const broker::StreamLog& log) {
    Inventory::Stream& stream = found.streams[queue];
    stream.first_offset = log.first_offset();
    broker::StreamLog::Cursor cursor = log.find(0);
    while (const auto entry = log.next(cursor)) stream.positions.push_back(entry->position);
  });
  return found;
}

Result<void> Machine::flush() {
  flush_due_ = false;
  return storage_->flush();
}

bool Machine::begin_sync(Position written) {
  sync_ = storage_->begin_sync();
  if (!sync_) return false;
  sync_state_ = Job::kBegun;
  sync_written_ = written;
  sync_end_ = log_end();
  return true;
}

bool Machine::run_sync(Model& model) {
  sync_result_ = sync_->run();
  sync_state_ = Job::kRun;
  if (!sync_result_) return false;
  model.synced(sync_written_, sync_end_);
  return true;
}

void Machine::end_sync() {
  sync_state_ = Job::kNone;
  storage_->end_sync(*std::exchange(sync_, std::nullopt), std::move(sync_result_));
}

Result<void> Machine::begin_checkpoint() {
  auto job = storage_->begin_checkpoint(*broker_);
  if (!job) return fail(std::move(job).error());
  checkpoint_.emplace(*std::move(job));
  checkpoint_state_ = Job::kBegun;
  return {};
}

bool Machine::run_checkpoint() {
  checkpoint_result_ = checkpoint_->run();
  checkpoint_state_ = Job::kRun;
  return checkpoint_result_.has_value();
}

void Machine::end_checkpoint() {
  checkpoint_state_ = Job::kNone;
  storage_->end_checkpoint(*std::exchange(checkpoint_, std::nullopt),
                           std::move(checkpoint_result_));
}

}  // namespace bb::sim
