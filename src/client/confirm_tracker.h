// Which published messages the broker has not answered for yet, and which of them
// came back (RabbitMQ's publisher confirms, https://www.rabbitmq.com/confirms.html).
//
// A basic.return names no sequence number, so it is matched by what the message was:
// its fingerprint covers exchange, routing key, and message_id, or the body where
// there is no message_id. The broker promises that the return of a message comes before its
// confirm, and sends returns in the order of publishing; so a return belongs to the
// first unconfirmed mandatory message with its fingerprint that follows the one returned
// last, or to the first of all when none follows.
//
// Guarantee: exact as long as the messages in flight with one exchange and routing key
// differ in message_id (or, without one, in body). Equal messages share one fate
// unless a binding changes while they are in flight; then the number of
// returned ones is right, and which of the equals it was may not be.
//
// Not thread-safe. Memory: one entry per message from the oldest unconfirmed one on.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "client/message.h"

namespace bb::client {

class ConfirmTracker {
 public:
  static std::uint64_t fingerprint(std::string_view exchange, std::string_view routing_key,
                                   std::optional<std::string_view> message_id,
                                   std::string_view body);

  // Adds a message and returns its sequence number, from 1. Without a fingerprint it
  // cannot be returned (it is not mandatory).
  std::uint64_t add(std::optional<std::uint64_t> fingerprint);

  // Marks the message that came back. False when none in flight fits.
  bool mark_returned(std::uint64_t fingerprint, std::string_view text);

  // A basic.ack or basic.nack: appends what is now known to `confirms`, in order of
  // sequence. `multiple` includes everything before; with tag 0, everything. A second
  // confirm of one message is ignored. kUnexpectedFrame: a tag that was never published.
  Result<void> settle(std::uint64_t tag, bool multiple, bool nacked,
                      std::vector<Confirm>& confirms);

  // From the oldest unconfirmed message to the newest, confirmed ones between included.
  std::size_t window() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t fingerprint;
    std::string return_text;
    bool returnable;
    bool returned = false;
    bool settled = false;
  };

  std::uint64_t last_sequence() const { return first_sequence_ + entries_.size() - 1; }
  void settle_one(std::uint64_t sequence, bool nacked, std::vector<Confirm>& confirms);
  bool mark_between(std::uint64_t begin, std::uint64_t end, std::uint64_t fingerprint,
                    std::string_view text);

  std::deque<Entry> entries_;
  std::uint64_t first_sequence_ = 1;       // of entries_.front()
  std::uint64_t after_last_returned_ = 1;  // where the search for a return starts
};

}  // namespace bb::client
