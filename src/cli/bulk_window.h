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

// Puts confirms, which come in any order, back into the order of the events.
class BulkWindow {
 public:
  // Called in the order of the events, each once, as soon as its fate and those of all before it
  // are known.
  using OnSettled = std::function<void(const PlannedEvent& event, std::size_t line, Fate fate)>;

  // `keeps_bodies`: of the events, for take_front(); else they are let go.
  BulkWindow(OnSettled on_settled, bool keeps_bodies)
      : on_settled_(std::move(on_settled)), keeps_bodies_(keeps_bodies) {}

  // The next event that was published, from that line.
  void add(PlannedEvent event, std::size_t line) {
    if (!keeps_bodies_) event.body = std::string();
    body_bytes_ += event.body.size();
    entries_.push_back({std::move(event), line, Fate::kUnknown});
  }

  // `sequence` counts the events from 1.
  void settle(std::uint64_t sequence, Fate fate) {
    if (sequence < first_sequence_ || sequence - first_sequence_ >= entries_.size()) return;
    entries_[sequence - first_sequence_].fate = fate;
    report_settled();
  }

  // The first event without an answer, which there is one of if size() is not 0. Those behind it
  // that have one are reported then.
  PlannedEvent take_front() {
    PlannedEvent event = pop().event;
    report_settled();
    return event;
  }

  // On a new channel: sequences count from 1 again. It is empty.
  void restart() { first_sequence_ = 1; }

  // Events without an answer, and those behind them that wait for their turn.
  std::size_t size() const { return entries_.size(); }
  std::size_t body_bytes() const { return body_bytes_; }

 private:
  struct Entry {
    PlannedEvent event;
    std::size_t line;
    Fate fate;
  };

  Entry pop() {
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    body_bytes_ -= entry.event.body.size();
    ++first_sequence_;
    return entry;
  }
  void report_settled() {
    while (!entries_.empty() && entries_.front().fate != Fate::kUnknown) {
      const Entry entry = pop();
      on_settled_(entry.event, entry.line, entry.fate);
    }
  }

  OnSettled on_settled_;
  bool keeps_bodies_;
  std::size_t body_bytes_ = 0;
  std::deque<Entry> entries_;
  std::uint64_t first_sequence_ = 1;  // of entries_.front()
};

}  // namespace bb::cli
