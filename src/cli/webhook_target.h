// `bb subscribe --webhook`: events to an HTTP endpoint, in place of a command.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "bloodbank/time.h"
#include "client/signal.h"
#include "client/subscriber.h"
#include "webhook/deliverer.h"

namespace bb::cli {

// Posts until the endpoint has an event, for a while: then the event is deferred, to a delay queue
// of the broker, for three days since it first failed; after that it is rejected. An endpoint that
// looked at an event and refused it has failed one of its attempts. On one executor; not
// thread-safe.
class WebhookTarget final : private webhook::DeliveryObserver {
 public:
  using Notice = std::function<void(const std::string&)>;

  // Behind the error of an endpoint that may not be connected to.
  static constexpr const char* kAllowPrivateHint = "; --allow-private posts there all the same";

  // `on_gone` is called once, if the endpoint wants no more events (410).
  WebhookTarget(const boost::asio::any_io_executor& executor, webhook::WebhookSender sender,
                Notice on_notice, std::function<void()> on_gone);

  // To be run beside the handlers, until stop().
  boost::asio::awaitable<void> run();
  void stop() { deliverer_.stop(); }

  // `first_failed_at`: client::Attempt's.
  boost::asio::awaitable<client::Handled> handle(std::string event_id, std::string body,
                                                 std::optional<Timestamp> first_failed_at);

 private:
  using Outcome = std::shared_ptr<client::Pending<client::Handled>>;
  struct Waiting {
    Outcome outcome;
    std::optional<Timestamp> first_failed_at;
  };

  void on_delivered(webhook::DeliveryQueue::Key key) override;
  void on_refused(webhook::DeliveryQueue::Key key, const webhook::Verdict& verdict) override;
  void on_handed_back(webhook::DeliveryQueue::Key key, const std::string& reason) override;
  void on_unsendable(webhook::DeliveryQueue::Key key, const webhook::Verdict& verdict) override;
  void on_failed(webhook::DeliveryQueue::Key key, const webhook::Verdict& verdict,
                 std::chrono::milliseconds pause, webhook::EndpointPacer::State state) override;
  void on_recovered() override;
  void settle(webhook::DeliveryQueue::Key key, client::Handled handled);

  boost::asio::any_io_executor executor_;
  webhook::Deliverer deliverer_;
  Notice on_notice_;
  std::function<void()> on_gone_;
  std::uint64_t last_key_ = 0;
  bool ended_ = false;
  std::string last_failure_;
  std::unordered_map<webhook::DeliveryQueue::Key, Waiting> waiting_;
};

}  // namespace bb::cli
