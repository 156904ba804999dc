// Delivers events to one endpoint until each is done with: WebhookSender, driven by DeliveryQueue.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "webhook/attempt.h"
#include "webhook/delivery_queue.h"
#include "webhook/sender.h"

namespace bb::webhook {

// Told what becomes of events, from run()'s executor, never from within submit(). It may call
// submit() and stop().
class DeliveryObserver {
 public:
  virtual ~DeliveryObserver() = default;

  // The endpoint has it.
  virtual void on_delivered(DeliveryQueue::Key key) = 0;
  // The endpoint looked at it and refused it.
  virtual void on_refused(DeliveryQueue::Key key, const Verdict& verdict) = 0;
  // It was here for long enough (DeliveryQueue). `reason`: what became of the last attempt that
  // failed, of this event or another; one line.
  virtual void on_handed_back(DeliveryQueue::Key key, const std::string& reason) = 0;
  // It cannot be sent to anybody.
  virtual void on_unsendable(DeliveryQueue::Key key, const Verdict& verdict) = 0;
  // An attempt failed; the event waits for its next, unless on_handed_back() follows. `pause` is
  // how long the endpoint is left alone from now, 0 for not at all; `state` is what it is taken
  // for.
  virtual void on_failed(DeliveryQueue::Key key, const Verdict& verdict,
                         std::chrono::milliseconds pause, EndpointPacer::State state) = 0;
  // The first delivery to an endpoint that was failing; on_delivered() follows.
  virtual void on_recovered() = 0;
};

// Not thread-safe: one executor with one thread. One for each endpoint: they share nothing, and so
// one that is down costs the others nothing.
class Deliverer {
 public:
  enum class Ended : std::uint8_t {
    kStopped,  // by stop()
    kGone,     // the endpoint answered 410; what is not done with was not delivered
  };

  // `observer` outlives the deliverer.
  Deliverer(const boost::asio::any_io_executor& executor, WebhookSender sender,
            DeliveryOptions options, DeliveryObserver& observer);
  Deliverer(const Deliverer&) = delete;
  Deliverer& operator=(const Deliverer&) = delete;

  // An event: `key` is the caller's name for it, unlike that of any other here; `id` becomes the
  // webhook-id, the same in every attempt; `body` is JSON. False, and nothing done: it is full
  // (DeliveryOptions::events_max).
  bool submit(DeliveryQueue::Key key, std::string id, std::string body,
              DeliveryQueue::History history = DeliveryQueue::History::kNew);

  // Posts what is submitted until stop() or a 410, and then waits for the posts under way, at most
  // SenderOptions::timeout. The deliverer outlives it. Once.
  boost::asio::awaitable<Ended> run();

  // Begins nothing more. What was not delivered is the caller's, as it was.
  void stop();

  // Events that are not done with.
  std::size_t size() const { return queue_.size(); }
  std::string endpoint() const { return sender_.name(); }

 private:
  struct Event {
    std::string id;
    std::string body;
  };

  bool is_ending() const;
  void hand_back_overdue();
  void start_due();
  boost::asio::awaitable<void> attempt(DeliveryQueue::Key key);
  void settle(DeliveryQueue::Key key, const Verdict& verdict);

  boost::asio::any_io_executor executor_;
  WebhookSender sender_;
  std::chrono::seconds retry_after_max_;
  DeliveryQueue queue_;
  DeliveryObserver& observer_;
  std::unordered_map<DeliveryQueue::Key, Event> events_;  // those of queue_
  boost::asio::steady_timer wake_up_;  // run() waits for it; cancelled to wake it
  std::string last_reason_ = "it was not its turn yet";
  bool stopping_ = false;
};

}  // namespace bb::webhook
