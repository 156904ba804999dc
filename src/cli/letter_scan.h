// Reads a queue without taking anything out of it: its messages are received, not acknowledged, and
// given back.
//
// Each comes once, from the oldest, and none that arrives after the start. While the scan is under
// way the messages that it has seen are with it and with nobody else. They go back to their places,
// in order, with finish(), and also if the process or the connection ends without it. Those places
// are the broker's word; what it marks is that they were delivered before (`redelivered`).
//
// A quorum queue counts what comes back (x-delivery-count), and with a limit it drops a message
// whose count is beyond it. A message that would be dropped is put at the end of the queue as a new
// one before it is given back.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "client/channel.h"
#include "client/connection.h"

namespace bb::cli {

struct ScannedQueue {
  // No aggregate: g++ 12 destroys some temporaries of those twice.
  ScannedQueue(std::string queue, std::optional<std::int64_t> limit)
      : name(std::move(queue)), delivery_limit(limit) {}

  std::string name;
  std::optional<std::int64_t> delivery_limit;  // returns that a message survives
};

// On one executor; not thread-safe.
class LetterScan {
 public:
  // The connection outlives it. kNotFound: there is no such queue.
  static boost::asio::awaitable<Result<std::unique_ptr<LetterScan>>> open(
      client::Connection& connection, ScannedQueue queue);
  ~LetterScan();
  LetterScan(const LetterScan&) = delete;
  LetterScan& operator=(const LetterScan&) = delete;

  // The messages that waited when it was opened.
  std::size_t total() const { return total_; }

  // Gets the next messages into batch(): some megabytes of them, or one that is larger; none at the
  // end. kTimeout: the broker has more, and gives them to others alone.
  boost::asio::awaitable<Result<void>> next();
  const std::vector<client::Delivery>& batch() const { return batch_; }

  // Takes a message of batch() out of the queue. After a failure it is still there.
  Result<void> remove(const client::Delivery& delivery);

  // For publishing, with confirms.
  client::Channel& channel() { return channel_; }

  // Closes the channel, and with it gives back all that was not removed; waits until the broker has
  // put that back. What was removed is removed for good when it returns.
  boost::asio::awaitable<Result<void>> finish();

 private:
  struct Inbox;
  LetterScan(client::Connection& connection, client::Channel channel, ScannedQueue queue,
             std::shared_ptr<Inbox> inbox);

  boost::asio::awaitable<Result<void>> count_waiting();
  boost::asio::awaitable<Result<bool>> get_one();
  boost::asio::awaitable<Result<void>> fill(std::size_t wanted);
  boost::asio::awaitable<Result<void>> renew_batch();
  boost::asio::awaitable<Result<void>> flush_removals();
  boost::asio::awaitable<Result<void>> wait_until_back(std::size_t count);
  boost::asio::awaitable<Result<std::size_t>> ready_count();
  bool would_be_dropped(const client::Delivery& delivery) const;
  void plan_next_batch();

  client::Connection& connection_;
  client::Channel channel_;
  ScannedQueue queue_;
  std::shared_ptr<Inbox> inbox_;  // the channel's handlers share it
  std::size_t total_ = 0;
  std::size_t taken_ = 0;
  std::size_t consumers_ = 0;
  std::size_t batch_max_ = 16;
  bool at_end_ = false;
  std::vector<client::Delivery> batch_;
  std::vector<bool> removed_;  // by delivery tag, from 1
};

}  // namespace bb::cli
