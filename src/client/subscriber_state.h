// What a Subscriber is while its coroutines run. Private to client/.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <unordered_set>

#include "client/ack_window.h"
#include "client/failure_record.h"
#include "client/signal.h"
#include "client/subscriber.h"
#include "client/work_line.h"

namespace bb::client {

class SubscriberState : public std::enable_shared_from_this<SubscriberState> {
 public:
  using Pointer = std::shared_ptr<SubscriberState>;

  SubscriberState(const boost::asio::any_io_executor& executor, SubscriberOptions options,
                  Handler handler);
  SubscriberState(const SubscriberState&) = delete;
  SubscriberState& operator=(const SubscriberState&) = delete;

  static boost::asio::awaitable<Result<void>> run(Pointer self,
                                                  std::chrono::milliseconds first_timeout);
  void stop();
  void drop();

  SubscriberCounts counts;
  std::function<void(const Error* lost)> on_connection;
  std::function<void(const Attempt& attempt, const Handled& handled)> on_failure;

 private:
  // One channel; what was delivered on it can be acknowledged on no other. Whoever has a delivery
  // in hand keeps it.
  struct Session {
    Session(Connection opened_on, Channel opened, const boost::asio::any_io_executor& executor)
        : connection(std::move(opened_on)), channel(std::move(opened)), changed(executor) {}
    bool is_open() const { return channel.is_open(); }

    Connection connection;
    Channel channel;
    AckWindow acks;
    std::string consumer_tag;
    std::optional<Error> failure;  // of the subscription, apart from the channel
    Signal changed;                // closed or failed
  };
  using SessionPointer = std::shared_ptr<Session>;

  using DeliveryPointer = std::shared_ptr<const Delivery>;

  static boost::asio::awaitable<Result<SessionPointer>> open(Pointer self, Connection connection);
  static boost::asio::awaitable<Result<void>> declare(Pointer self, SessionPointer session);
  static boost::asio::awaitable<Result<void>> consume(Pointer self, SessionPointer session);
  static boost::asio::awaitable<void> wind_down(Pointer self, SessionPointer session);
  static boost::asio::awaitable<void> work(Pointer self, SessionPointer session,
                                           WorkLine::Work work);
  // Whether the delivery is settled: handled, or safe in another queue.
  static boost::asio::awaitable<bool> settle(Pointer self, SessionPointer session,
                                             DeliveryPointer delivery);
  static boost::asio::awaitable<Claim> claim(Pointer self, SessionPointer session,
                                             DeliveryPointer delivery, std::string event_id);
  static boost::asio::awaitable<bool> handle(Pointer self, SessionPointer session,
                                             DeliveryPointer delivery);
  static boost::asio::awaitable<Handled> call_handler(Pointer self, Attempt attempt);
  static boost::asio::awaitable<bool> move_on(Pointer self, SessionPointer session,
                                              DeliveryPointer delivery, FailureRecord record,
                                              Handled handled, bool is_last);
  // Shorter when it is to stop.
  static boost::asio::awaitable<void> pause(Pointer self, std::chrono::milliseconds duration);

  void on_delivery(const SessionPointer& session, Delivery delivery);
  void start_work(const SessionPointer& session);
  void acknowledge(const SessionPointer& session, const Delivery& delivery);
  bool goes_on(const SessionPointer& session) const { return session->is_open() && !stopping_; }
  void report(const DeliveryPointer& delivery, const Error& error);
  void lost(const Error& error);
  Error explain(Error error) const;

  const boost::asio::any_io_executor executor_;
  const SubscriberOptions options_;
  const Handler handler_;
  Connector connector_;
  Signal ended_;  // the last handler that was at work
  WorkLine line_;
  std::size_t running_ = 0;
  bool stopping_ = false;
  SessionPointer session_;
  std::unordered_set<boost::asio::steady_timer*> pauses_;
  // Handled here, with a connection that was lost before the broker could be told: when they come
  // again, by their message ids.
  std::unordered_set<std::string> handled_untold_;
};

}  // namespace bb::client
