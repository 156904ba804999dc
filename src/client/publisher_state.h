// What a Publisher is while its coroutines run. Private to client/.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "client/publisher.h"
#include "client/publisher_spool.h"
#include "client/signal.h"

namespace bb::client {

// Shared by the Publisher and its coroutines, each of which may go last.
class PublisherState : public std::enable_shared_from_this<PublisherState> {
 public:
  using Pointer = std::shared_ptr<PublisherState>;
  using SettledHandler = std::function<void(std::uint64_t number, const Outcome& outcome)>;
  using ConnectionHandler = std::function<void(const Error* lost)>;

  PublisherState(const boost::asio::any_io_executor& executor, PublisherOptions options);
  PublisherState(const PublisherState&) = delete;
  PublisherState& operator=(const PublisherState&) = delete;

  const boost::asio::any_io_executor& executor() const { return executor_; }

  // Connects, publishes, and does both again, until stop().
  static boost::asio::awaitable<void> run(Pointer self);

  Result<std::uint64_t> publish(const OutgoingMessage& message);
  Result<PendingPtr<Kept>> publish_with_outcome(const OutgoingMessage& message);
  bool has_room(std::uint64_t bytes) const;
  std::size_t unsettled_count() const { return unsettled_; }
  std::uint64_t last_number() const { return first_number_ + entries_.size() - 1; }
  // Whether all up to `number` are settled.
  bool settled_up_to(std::uint64_t number) const { return first_number_ > number; }

  // Nothing more is taken.
  void close() { closing_ = true; }
  // Settles what is left with kClosed, and ends run(), which says goodbye.
  void stop();
  bool has_connection() const { return connection_.has_value(); }
  // No handler is called any more.
  void drop();

  bool is_connected() const { return session_open_; }
  const std::optional<Error>& last_failure() const { return last_failure_; }
  // Notified when messages are settled, and when a connection opens or ends.
  Signal& changed() { return changed_; }

  SettledHandler on_settled;
  ConnectionHandler on_connection;

 private:
  struct Entry {
    std::string bytes;  // routing key, encoded properties, body
    std::uint16_t key_bytes;
    std::uint32_t properties_bytes;
    bool mandatory;
    bool settled = false;
  };

  static boost::asio::awaitable<void> serve(Pointer self);
  static boost::asio::awaitable<Result<void>> open_session(Pointer self);
  void end_session(const Error& error);
  void pump();
  bool may_send() const;
  bool send_next();
  void on_confirm(const Confirm& confirm);
  void settle(std::uint64_t number, Outcome outcome);
  void settle_all(const Error& error);
  void lost(const Error& error);
  void watch_for_spool();
  void spool_waiting();
  OutgoingMessage message_of(const Entry& entry) const;

  Entry& entry(std::uint64_t number) { return entries_[number - first_number_]; }

  const boost::asio::any_io_executor executor_;
  const PublisherOptions options_;
  Connector connector_;
  Signal changed_;
  Signal work_;  // for serve(): something to send, or an end

  std::deque<Entry> entries_;  // from the oldest that is not settled
  std::uint64_t first_number_ = 1;
  std::size_t unsettled_ = 0;
  std::uint64_t unsettled_bytes_ = 0;
  std::unordered_map<std::uint64_t, PendingPtr<Kept>> waiters_;
  Buffer scratch_;

  // Of the current connection and channel.
  std::optional<Connection> connection_;
  std::optional<Channel> channel_;
  bool session_open_ = false;
  std::uint64_t next_number_ = 1;     // to be sent
  std::deque<std::uint64_t> sent_;    // numbers, by sequence of the channel
  std::uint64_t first_sequence_ = 1;  // of sent_.front()
  std::size_t in_flight_ = 0;
  // The broker closed a channel: which of the messages that were under way it did not like is found
  // out by sending them one by one, up to this number.
  std::uint64_t one_by_one_up_to_ = 0;

  std::optional<PublisherSpool> spool_;
  boost::asio::steady_timer spool_timer_;
  bool spooling_ = false;      // there has been no connection for long enough
  bool spool_posted_ = false;  // spool_waiting() is on its way

  bool closing_ = false;
  bool stopped_ = false;
  std::optional<Error> last_failure_;
};

}  // namespace bb::client
