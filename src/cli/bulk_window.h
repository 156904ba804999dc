// The events that a broker has not answered for yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "cli/event_publisher.h"
#include "cli/planned_event.h"

namespace bb::cli {

// Puts confirms, which come in any order, back into the order of the events. The body of an event
// is not kept.
class BulkWindow {
 public:
  // Called in the order of the events, each once, as soon as its fate and those of all before it
  // are known.
  using OnSettled = std::function<void(const PlannedEvent& event, std::size_t line, Fate fate)>;

  explicit BulkWindow(OnSettled on_settled) : on_settled_(std::move(on_settled)) {}

  // The next event that was published, from that line.
  void add(PlannedEvent event, std::size_t line) {
    event.body = std::string();
    entries_.push_back({std::move(event), line, Fate::kUnknown});
  }

  // `sequence` counts the events from 1.
  void settle(std::uint64_t sequence, Fate fate) {
    if (sequence < first_sequence_ || sequence - first_sequence_ >= entries_.size()) return;
    entries_[sequence - first_sequence_].fate = fate;
    while (!entries_.empty() && entries_.front().fate != Fate::kUnknown) {
      const Entry entry = std::move(entries_.front());
      entries_.pop_front();
      ++first_sequence_;
      on_settled_(entry.event, entry.line, entry.fate);
    }
  }

  // Events without an answer, and those behind them that wait for their turn.
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    PlannedEvent event;
    std::size_t line;
    Fate fate;
  };

  OnSettled on_settled_;
  std::deque<Entry> entries_;
  std::uint64_t first_sequence_ = 1;  // of entries_.front()
};

}  // namespace bb::cli
