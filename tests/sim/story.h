// One story: clients, a network, a broker on a disk, and what goes wrong, all from a seed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client.h"
#include "dice.h"
#include "event_log.h"
#include "machine.h"
#include "model.h"

namespace bb::sim {

// What happened in how many stories, to see that they do not pass by what they are for.
struct Tally {
  std::uint64_t posts = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t confirms = 0;
  std::uint64_t starts = 0;
  std::uint64_t power_failures = 0;  // the rest of the starts are kills
  std::uint64_t mid_call = 0;        // of both: in the middle of a call
  std::uint64_t checkpoints = 0;
  std::uint64_t segments_gone = 0;
  std::uint64_t failed_storages = 0;
  std::uint64_t refusals = 0;
  std::uint64_t flips_refused = 0;
  std::uint64_t flips_harmless = 0;
};

class Story {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::uint64_t steps = 1500;
    bool prints = false;
  };
  explicit Story(const Options& options);

  // True: nothing went wrong. log() has what did.
  bool run();
  const EventLog& log() const { return log_; }
  const Tally& tally() const { return tally_; }

 private:
  struct Character {  // what kind of story it is
    bool bit_flip = false;
    std::uint64_t faults_in = 0;  // one fault in so many steps; 0: none
    std::uint64_t topology_percent = 0;
    std::uint64_t publish_percent = 0;
    std::uint64_t body_bytes_max = 0;
  };
  static Character character_of(Dice& dice);
  static broker::Options broker_options(Dice& dice);
  static broker::LogStorageOptions storage_options(Dice& dice);

  void step();
  // Clients; story_clients.cc.
  void act(SimClient& client);
  void publish(SimClient& client);
  void consume(SimClient& client);
  void read_stream(SimClient& client, const std::string& stream);
  void settle(SimClient& client);
  void change_topology(SimClient& client);
  void write(SimClient& client, Command command);
  std::string some_queue();
  void bring(SimClient& client, std::size_t bytes);
  void connect(SimClient& client, std::uint16_t prefetch, bool confirms);
  void disconnect(SimClient& client);
  // Whatever touches the broker: what clients are told is taken and judged. `confirms_due`: see
  // Model::end_turn().
  void turn(const std::function<void()>& what, Position confirms_due = 0);
  // Takes what there is for the clients: it sets going what had to wait for that.
  void take_output();
  void drain();
  void drain_stream(SimClient& client, const std::string& stream);

  // The storage and the disk; story_storage.cc.
  void storage_step();
  void flush();
  void begin_sync();
  void run_sync();
  void end_sync();
  void begin_checkpoint();
  void run_checkpoint();
  void end_checkpoint();
  void check_failure();
  void sync_all();
  void fault();
  void clear_faults();
  void end_machine(bool power_failed);
  void end_and_start(bool power_failed);
  // The machine may have ended in the middle of what was just done.
  bool check_power();
  // A flush that went well has written all.
  bool writes_all() const { return !room_limited_ && !writes_fail_ && !checkpoint_covers_; }
  void start();
  void flip_bit();
  // What the last start gave up of the log.
  Model::Stretches given_up();
  // What waits can be read, and is what was published. False: one cannot be read.
  bool check_bodies();

  Dice dice_;
  const Options options_;
  EventLog log_;
  Model model_{log_};
  const Character character_;
  Machine machine_;
  std::vector<std::unique_ptr<SimClient>> clients_;
  std::deque<TapStorage::Append> appends_;
  std::vector<std::pair<ClientNumber, WireEvent>> events_;  // of this turn
  TimePoint now_{};
  std::int64_t wall_ms_ = 1'700'000'000'000;
  bool storage_failed_ = false;
  bool room_limited_ = false;
  bool writes_fail_ = false;
  bool checkpoint_covers_ = false;  // the one under way says what had no room: it is not written
  bool power_fails_ = false;        // or else the process is killed, when the folder ends
  bool wants_restart_ = false;
  // What each write said of how far the log was durable, by where the log ended with it.
  std::map<Position, Position> durable_marks_{{0, 0}};
  Position last_write_ = 0;  // where the log ended then
  Tally tally_;
};

}  // namespace bb::sim
