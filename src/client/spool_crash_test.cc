// Stories of a spool whose processes are killed, and whose machine fails, in the middle of
// anything: io::SimulatedDisk tears and reorders what was not synced, io::PowerFolder ends a
// process within a call. A seed is a whole story.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "client/test_spool.h"
#include "io/power_folder.h"
#include "io/simulated_disk.h"

namespace bb::client {
namespace {

constexpr std::uint64_t kSeeds = 1500;
constexpr int kLives = 8;  // of the process, in one story
constexpr int kStepsPerLife = 12;

// What the model knows of an event.
enum class Appended : std::uint8_t {
  kYes,
  kNo,     // told so: it must never come
  kMaybe,  // the process ended in the middle
};
enum class Done : std::uint8_t {
  kNo,
  kYes,      // must not come again, unless the power fails
  kMaybe,    // may come again
  kDurable,  // must not come again
};
struct Event {
  Appended appended = Appended::kMaybe;
  Done done = Done::kNo;
  std::size_t append = 0;  // which call
  bool seen = false;       // was given by a drain, or is among the refused
};

// What happened over all stories: a story that never does something proves nothing of it.
struct Tally {
  int ended_appending = 0;
  int ended_draining = 0;
  int full = 0;
  int sync_failures = 0;
  int came_again = 0;
  int maybes_kept = 0;
  int maybes_lost = 0;
};

class Story {
 public:
  Story(std::uint64_t seed, Tally& tally)
      : dice_(seed), tally_(tally), disk_(seed), power_(disk_) {}

  void run() {
    for (int life = 0; life < kLives && !testing::Test::HasFailure(); ++life) live();
    disk_.set_free_bytes(io::SimulatedDisk::kUnlimited);
    Spool spool = make_spool();
    const SpoolStatus status = must(spool.status());
    EXPECT_FALSE(status.damage) << status.damage->message;
    EXPECT_EQ(status.entries, visited(spool).size());
    last_drained_.clear();
    see_drained(drain_all(spool));
    see_refused(bodies(visited(spool, SpoolArea::kRefused)));
    EXPECT_EQ(must(spool.status()).bytes, 0U);
    EXPECT_TRUE(visited(spool).empty());
    check_end();
  }

 private:
  std::uint64_t roll(std::uint64_t sides) { return dice_() % sides; }
  bool chance(std::uint64_t one_in) { return roll(one_in) == 0; }

  Spool make_spool() {
    return Spool(std::shared_ptr<io::Folder>(&power_, [](io::Folder*) {}),
                 {.bytes_max = 1 << 20, .segment_bytes_max = 1500});
  }

  void live() {
    {
      Spool spool = make_spool();
      if (!chance(4)) power_.end_after(roll(60), roll(101));
      for (int step = 0; step < kStepsPerLife && !power_.ended(); ++step) {
        disk_.set_free_bytes(chance(6) ? roll(1500) : io::SimulatedDisk::kUnlimited);
        const bool sync_fails = chance(25);
        if (sync_fails) disk_.fail_sync(static_cast<std::uint32_t>(roll(3)));
        sync_failed_ |= sync_fails;
        may_fail_ = sync_fails;
        if (chance(3)) {
          drain(spool);
        } else {
          append(spool);
        }
        disk_.clear_sync_failure();
        if (testing::Test::HasFailure()) return;
      }
      if (chance(3)) power_.end_after(0, 0);  // before anything is closed
    }
    power_.begin_anew();
    if (chance(2)) {
      disk_.kill();
      return;
    }
    disk_.crash();
    for (auto& [body, event] : events_) {
      if (event.done == Done::kYes) event.done = Done::kMaybe;
    }
  }

  void append(Spool& spool) {
    ++appends_;
    std::vector<std::string> texts;
    std::vector<OutgoingMessage> messages;
    for (std::uint64_t i = roll(3) + 1; i > 0; --i) {
      // As long as may be: some cross a sector, few a segment.
      texts.push_back(fmt::format("{:06}{}", next_event_++, std::string(roll(700), 'x')));
    }
    for (const std::string& text : texts) messages.push_back({.routing_key = "k", .body = text});
    const auto appended = spool.append(messages, at_ms(1));
    for (const std::string& text : texts) {
      events_[text] = {.appended = appended         ? Appended::kYes
                                   : power_.ended() ? Appended::kMaybe
                                                    : Appended::kNo,
                       .append = appends_};
    }
    tally_.ended_appending += power_.ended() ? 1 : 0;
    if (appended || power_.ended()) return;
    if (appended.error().code == ErrorCode::kDiskFull) {
      ++tally_.full;
    } else {
      EXPECT_TRUE(may_fail_) << appended.error().message;
      ++tally_.sync_failures;
    }
  }

  // Whether the call succeeded, which it has to if nothing was made to fail.
  template <class T>
  bool went_well(const Result<T>& result, bool disk_full_allowed = false) {
    if (result) return true;
    const bool full = result.error().code == ErrorCode::kDiskFull && disk_full_allowed;
    EXPECT_TRUE(full || may_fail_ || power_.ended()) << result.error().message;
    return false;
  }

  void drain(Spool& spool) {
    drain_part(spool);
    tally_.ended_draining += power_.ended() ? 1 : 0;
  }

  void drain_part(Spool& spool) {
    auto begun = spool.try_begin_drain();
    if (!went_well(begun)) return;
    ASSERT_TRUE(begun->has_value()) << "nobody else drains";
    SpoolDrain& drain = **begun;
    std::vector<std::string> done;
    last_drained_.clear();
    for (std::uint64_t batches = roll(4) + 1; batches > 0; --batches) {
      const auto batch = drain.next_batch({.entries_max = roll(5) + 1, .bytes_max = 1000});
      if (!went_well(batch)) return;
      see_drained(bodies(*batch));
      if (testing::Test::HasFailure()) return;
      for (const SpoolEntry& entry : *batch) {
        if (chance(8)) continue;
        const bool refuse = chance(8);
        const auto result = refuse ? drain.set_aside(entry.number, "no") : drain.done(entry.number);
        Event& event = events_.at(entry.body);
        if (went_well(result, refuse)) {
          event.done = Done::kYes;
          done.push_back(entry.body);
        } else if (result.error().code != ErrorCode::kDiskFull) {
          event.done = Done::kMaybe;
        }
        if (power_.ended()) return;
      }
    }
    if (chance(3)) return;  // the destructor closes it
    if (!went_well(drain.close()) || sync_failed_) return;
    for (const std::string& body : done) events_.at(body).done = Done::kDurable;
  }

  // These came out of a drain, one after the other.
  void see_drained(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const auto found = events_.find(text);
      ASSERT_NE(found, events_.end()) << "nobody appended " << text.substr(0, 6);
      Event& event = found->second;
      EXPECT_NE(event.appended, Appended::kNo) << text.substr(0, 6) << " was not taken";
      EXPECT_TRUE(event.done == Done::kNo || event.done == Done::kMaybe)
          << text.substr(0, 6) << " was done with";
      EXPECT_LT(last_drained_, text) << "out of order";
      tally_.came_again += event.done == Done::kMaybe ? 1 : 0;
      event.seen = true;
      last_drained_ = text;
    }
  }

  void see_refused(std::vector<std::string> texts) {
    for (const std::string& text : texts) {
      EXPECT_TRUE(events_.at(text).seen) << text.substr(0, 6) << " was refused by nobody";
    }
    std::ranges::sort(texts);
    EXPECT_EQ(std::ranges::adjacent_find(texts), texts.end()) << "refused twice";
  }

  void check_end();

  std::mt19937_64 dice_;
  Tally& tally_;
  io::SimulatedDisk disk_;
  io::PowerFolder power_;
  std::map<std::string, Event> events_;  // by body
  std::uint64_t next_event_ = 0;
  std::size_t appends_ = 0;
  bool may_fail_ = false;
  bool sync_failed_ = false;
  std::string last_drained_;
};

void Story::check_end() {
  std::map<std::size_t, std::pair<int, int>> seen_of;  // by append: seen, all
  for (const auto& [text, event] : events_) {
    if (event.appended == Appended::kYes) {
      EXPECT_TRUE(event.seen) << text.substr(0, 6) << " is lost";
    }
    auto& [seen, all] = seen_of[event.append];
    seen += event.seen ? 1 : 0;
    ++all;
    if (event.appended == Appended::kMaybe)
      ++(event.seen ? tally_.maybes_kept : tally_.maybes_lost);
  }
  for (const auto& [append, counts] : seen_of) {
    EXPECT_TRUE(counts.first == 0 || counts.first == counts.second)
        << "append " << append << " came in part";
  }
}

TEST(SpoolCrash, WhatWasTakenComesInOrderWhateverEnds) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Story(seed, tally).run();
    if (HasFailure()) return;
  }
  EXPECT_GT(tally.ended_appending, 500);
  EXPECT_GT(tally.ended_draining, 500);
  EXPECT_GT(tally.full, 500);
  EXPECT_GT(tally.sync_failures, 100);
  EXPECT_GT(tally.came_again, 100);
  EXPECT_GT(tally.maybes_kept, 100);
  EXPECT_GT(tally.maybes_lost, 100);
}

}  // namespace
}  // namespace bb::client
