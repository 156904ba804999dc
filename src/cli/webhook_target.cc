#include "cli/webhook_target.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "cli/duration.h"

namespace bb::cli {

namespace asio = boost::asio;
using client::Handled;
using webhook::DeliveryQueue;
using webhook::Verdict;

namespace {

// Standard Webhooks 1.0.0, "Deliverability and reliability": a schedule that spans multiple days.
constexpr std::chrono::hours kGiveUpAfter{72};

std::string reason_of(const Verdict& verdict) {
  return verdict.reason + (verdict.address_refused ? WebhookTarget::kAllowPrivateHint : "");
}

}  // namespace

WebhookTarget::WebhookTarget(const asio::any_io_executor& executor, webhook::WebhookSender sender,
                             Notice on_notice, std::function<void()> on_gone)
    : executor_(executor),
      deliverer_(executor, std::move(sender), webhook::DeliveryOptions{}, *this),
      on_notice_(std::move(on_notice)),
      on_gone_(std::move(on_gone)) {}

asio::awaitable<void> WebhookTarget::run() {
  const auto ended = co_await deliverer_.run();
  ended_ = true;
  const bool is_gone = ended == webhook::Deliverer::Ended::kGone;
  if (is_gone) {
    on_notice_(fmt::format("{} answered 410: it wants no more events", deliverer_.endpoint()));
    on_gone_();
  }
  // What was not delivered goes back to the queue.
  while (!waiting_.empty()) settle(waiting_.begin()->first, Handled::left());
}

asio::awaitable<Handled> WebhookTarget::handle(std::string event_id, std::string body,
                                               std::optional<Timestamp> first_failed_at) {
  const DeliveryQueue::Key key = ++last_key_;
  const auto outcome = std::make_shared<client::Pending<Handled>>(executor_);
  const auto history =
      first_failed_at ? DeliveryQueue::History::kFailedBefore : DeliveryQueue::History::kNew;
  if (ended_ || !deliverer_.submit(key, std::move(event_id), std::move(body), history)) {
    co_return Handled::left();
  }
  waiting_.emplace(key, Waiting{outcome, first_failed_at});
  auto handled = co_await client::wait_for(outcome);
  if (!handled) co_return Handled::left();
  co_return *std::move(handled);
}

void WebhookTarget::settle(DeliveryQueue::Key key, Handled handled) {
  if (auto entry = waiting_.extract(key)) entry.mapped().outcome->set(std::move(handled));
}

void WebhookTarget::on_delivered(DeliveryQueue::Key key) {
  settle(key, Handled::done());
}

void WebhookTarget::on_refused(DeliveryQueue::Key key, const Verdict& verdict) {
  settle(key, Handled::failed(reason_of(verdict)));
}

void WebhookTarget::on_handed_back(DeliveryQueue::Key key, const std::string& reason) {
  const auto& first_failed_at = waiting_.at(key).first_failed_at;
  if (first_failed_at && std::chrono::system_clock::now() - *first_failed_at >= kGiveUpAfter) {
    settle(key, Handled::rejected(fmt::format("not delivered for {}: {}",
                                              format_duration(kGiveUpAfter), reason)));
  } else {
    settle(key, Handled::deferred(reason));
  }
}

void WebhookTarget::on_unsendable(DeliveryQueue::Key key, const Verdict& verdict) {
  settle(key, Handled::rejected(reason_of(verdict)));
}

void WebhookTarget::on_failed(DeliveryQueue::Key, const Verdict& verdict,
                              std::chrono::milliseconds pause, webhook::EndpointPacer::State) {
  const std::string waits =
      pause.count() > 0 ? fmt::format("; it is left alone for {}", format_duration(pause)) : "";
  // Each longer pause is told, and not each event that fails with it.
  const std::string reason = reason_of(verdict);
  // Where there was no connection it names the endpoint.
  const std::string place = deliverer_.endpoint() + ": ";
  const std::string notice =
      fmt::format("{}{}{}", reason.starts_with(place) ? "" : place, reason, waits);
  if (notice != std::exchange(last_failure_, notice)) on_notice_(notice);
}

void WebhookTarget::on_recovered() {
  last_failure_.clear();
  on_notice_(fmt::format("{} takes events again", deliverer_.endpoint()));
}

}  // namespace bb::cli
