// The messages that wait in a queue, in order.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "broker/broker_context.h"
#include "broker/paged_messages.h"
#include "broker/queued_message.h"

namespace bb::broker {

// The first ones are in memory. Of those behind them only the place in the storage is, once the
// broker's messages take more than Options::resident_bytes_max. Not thread-safe.
class MessageList {
 public:
  // `context` outlives it.
  explicit MessageList(BrokerContext& context) : context_(context), paged_(context.memory) {}

  // Adds at the end, and gives the message its sequence.
  void push(QueuedMessage message);
  // Takes the first one, with its message. One that the storage cannot read is passed over: it
  // is logged, counted in unreadable(), and stays in the storage.
  std::optional<QueuedMessage> pop();
  // The first one, with its message; valid until the next call. nullptr: there is none.
  const QueuedMessage* front();
  // Returns what pop() gave to its place, whoever returns it and in whatever order, in logarithmic
  // time.
  void put_back(QueuedMessage message);

  // Each in order; `message` is null in those that only the storage has.
  void for_each(const std::function<void(const QueuedMessage&)>& visit) const;
  void clear();

  std::size_t size() const { return returned_.size() + head_.size() + paged_.size(); }
  bool empty() const { return size() == 0; }
  std::uint64_t body_bytes() const { return body_bytes_; }
  std::uint64_t unreadable() const { return unreadable_; }

  // Gets the message of an entry that is without. False, and logged, if the storage cannot read it.
  static bool load(BrokerContext& context, QueuedMessage& message);

 private:
  bool must_page(const QueuedMessage& message) const;
  // Sees to it that the first one is in `returned_` or `head_`, if there is any.
  void fill_head();

  BrokerContext& context_;
  // What came back lies before everything that was never taken.
  std::map<std::uint64_t, QueuedMessage> returned_;  // by sequence
  std::deque<QueuedMessage> head_;
  PagedMessages paged_;
  std::uint64_t next_sequence_ = 1;  // of the next push()
  std::uint64_t next_paged_ = 1;     // of the first in `paged_`
  std::uint64_t body_bytes_ = 0;
  std::uint64_t unreadable_ = 0;
};

}  // namespace bb::broker
