#include "story.h"

#include <algorithm>

namespace bb::sim {

Story::Character Story::character_of(Dice& dice) {
  Character character;
  character.bit_flip = dice.one_in(12);
  character.faults_in = dice.one_in(8) ? 0 : dice.between(30, 600);
  character.topology_percent = dice.one_in(3) ? dice.between(5, 20) : dice.below(4);
  character.publish_percent = dice.between(25, 65);
  character.body_bytes_max = dice.one_in(4) ? dice.between(2000, 12'000) : dice.between(20, 1500);
  return character;
}

broker::Options Story::broker_options(Dice& dice) {
  broker::Options options;
  options.seed = dice.number();
  options.resident_bytes_max = dice.one_in(3) ? 16 << 20 : dice.between(0, 20'000);
  if (dice.one_in(3)) options.output_bytes_max = dice.between(100, 20'000);
  return options;
}

broker::LogStorageOptions Story::storage_options(Dice& dice) {
  broker::LogStorageOptions options;
  options.log.segment_bytes = dice.between(2, 16) << 10;
  options.log.reserve_bytes = 1 << 10;
  options.log.reserve_step_bytes = dice.between(1, 16) << 10;
  options.log.pending_bytes_kept = 4 << 10;
  options.log.salt = 1 + static_cast<std::uint32_t>(dice.below(1 << 30));
  options.checkpoint_bytes = dice.between(4, 64) << 10;
  options.moved_bytes_max = dice.between(1, 64) << 10;
  options.emptying_part = dice.between(1, 6);
  options.dead_bytes_min = options.log.segment_bytes / 4;
  return options;
}

Story::Story(const Options& options)
    : dice_(options.seed),
      options_(options),
      log_(options.prints),
      character_(character_of(dice_)),
      machine_(dice_.number(), broker_options(dice_), storage_options(dice_)) {
  const std::uint64_t count = dice_.between(2, 5);
  for (ClientNumber i = 0; i < count; ++i) clients_.push_back(std::make_unique<SimClient>(i));
}

bool Story::run() {
  start();
  // What a new broker writes first matters, too.
  if (dice_.one_in(10)) machine_.folder().end_after(dice_.below(4), dice_.below(101));
  for (std::uint64_t i = 1; i <= options_.steps && !log_.failed(); ++i) {
    log_.set_step(i);
    step();
  }
  log_.set_step(options_.steps + 1);
  if (!log_.failed()) {
    clear_faults();
    if (storage_failed_ || wants_restart_) end_and_start(dice_.one_in(2));
  }
  if (!log_.failed() && dice_.one_in(2)) {
    sync_all();
    end_and_start(dice_.one_in(2));
  }
  if (!log_.failed() && character_.bit_flip) {
    flip_bit();
  } else if (!log_.failed()) {
    drain();
  }
  if (!log_.failed() && !character_.bit_flip) {
    sync_all();
    end_and_start(/*power_failed=*/true);
    if (!log_.failed()) drain();
  }
  while (!clients_.empty()) clients_.pop_back();
  return !log_.failed();
}

void Story::step() {
  now_ += std::chrono::milliseconds(dice_.between(1, 200));
  wall_ms_ += 100;
  if (character_.faults_in != 0 && dice_.one_in(character_.faults_in)) fault();
  if (log_.failed()) return;
  if (wants_restart_ && dice_.one_in(15)) return end_and_start(power_fails_);
  SimClient& client = *clients_[static_cast<std::size_t>(dice_.below(clients_.size()))];
  switch (dice_.below(8)) {
    case 0:
    case 1:
    case 2:
      act(client);
      break;
    case 3:
    case 4:
      // Some turns of the network, so that clients do not run away from it.
      for (int i = 0; i < 6 && client.outgoing_bytes() > 0 && !log_.failed(); ++i) {
        bring(client, static_cast<std::size_t>(dice_.between(1, dice_.one_in(6) ? 40 : 20'000)));
      }
      break;
    case 5:
      client.read(static_cast<std::size_t>(dice_.between(1, dice_.one_in(3) ? 40 : 20'000)));
      break;
    default:
      storage_step();
  }
}

void Story::turn(const std::function<void()>& what, Position confirms_due) {
  if (log_.failed()) return;
  events_.clear();
  model_.begin_turn(machine_.log_end());
  what();
  take_output();
  if (machine_.running()) {
    for (const TapStorage::Truncation& each : machine_.tap().take_truncations()) {
      model_.truncated(each.stream, each.first_offset);
    }
  }
  if (check_power() || log_.failed()) return;
  for (const auto& [client, event] : events_) {
    tally_.deliveries +=
        event.kind == WireEvent::Kind::kDeliver || event.kind == WireEvent::Kind::kGetOk;
    tally_.confirms += event.kind == WireEvent::Kind::kConfirm;
    tally_.refusals += event.kind == WireEvent::Kind::kRefusal;
    model_.received(client, event);
  }
  if (!appends_.empty()) log_.fail("the storage was given a message that nobody published");
  model_.end_turn(confirms_due);
}

void Story::take_output() {
  for (bool more = true; more;) {
    more = false;
    for (const auto& client : clients_) {
      auto events = client->take_output(now_);
      if (!events) return log_.fail("client {} is sent what is no AMQP", client->number());
      more = more || !events->empty();
      for (WireEvent& event : *events) events_.emplace_back(client->number(), std::move(event));
    }
    // Who reads much of a stream goes on when the event loop comes round.
    broker::Broker& broker = machine_.broker();
    if (!more && broker.next_deadline() && *broker.next_deadline() <= now_) {
      broker.on_time(now_);
      more = true;
    }
  }
}

void Story::drain_stream(SimClient& client, const std::string& stream) {
  const std::string tag = client.new_consumer_tag();
  write(client, {.verb = Verb::kConsume, .queue = stream, .tag = tag, .offset = 0});
  do {
    while (client.outgoing_bytes() > 0 && !log_.failed()) bring(client, 1 << 20);
    client.read(1 << 30);
    if (client.held().empty()) break;
    const std::uint64_t last = client.held().back();
    client.forget_held(last, /*multiple=*/true);
    write(client, {.verb = Verb::kAck, .delivery_tag = last, .multiple = true});
  } while (!log_.failed());
  if (!log_.failed() && !model_.has_read_all(client.number(), tag)) {
    log_.fail("there is more in {} that nobody can read", stream);
  }
}

void Story::drain() {
  log_.note("the end: all clients leave, and one takes what there is");
  clear_faults();
  for (const auto& client : clients_) {
    if (client->connected()) disconnect(*client);
  }
  if (log_.failed()) return;
  SimClient& last = *clients_.front();
  connect(last, /*prefetch=*/50, /*confirms=*/false);
  for (const auto& [name, id] : machine_.inventory().queues) {
    if (is_stream_name(name)) {
      if (!log_.failed()) drain_stream(last, name);
      continue;
    }
    std::uint32_t left = 1;
    while (left > 0 && !log_.failed()) {
      left = 0;
      if (const auto queue = machine_.broker().find_vhost("/")->find_queue(name, 0)) {
        left = (*queue)->message_count();
      }
      write(last, {.verb = Verb::kGet, .queue = name, .no_ack = true});
      while (last.outgoing_bytes() > 0 && !log_.failed()) bring(last, 1 << 20);
      last.read(1 << 20);
    }
  }
  if (!log_.failed() && model_.waiting_count() > 0) {
    log_.fail("{} messages are left that nobody can get", model_.waiting_count());
  }
  if (!log_.failed()) disconnect(last);
}

}  // namespace bb::sim
