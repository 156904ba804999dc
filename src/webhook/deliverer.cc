#include "webhook/deliverer.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "base/assert.h"
#include "base/random.h"

namespace bb::webhook {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Fate = DeliveryQueue::Fate;
using Key = DeliveryQueue::Key;
using State = EndpointPacer::State;

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace

Deliverer::Deliverer(const asio::any_io_executor& executor, WebhookSender sender,
                     DeliveryOptions options, DeliveryObserver& observer)
    : executor_(executor),
      sender_(std::move(sender)),
      retry_after_max_(options.retry_after_max),
      queue_(options),
      observer_(observer),
      wake_up_(executor) {}

bool Deliverer::submit(Key key, std::string id, std::string body, DeliveryQueue::History history) {
  if (!queue_.add(key, history, Clock::now())) return false;
  const bool is_new = events_.try_emplace(key, std::move(id), std::move(body)).second;
  BB_ASSERT(is_new);
  wake_up_.cancel();
  return true;
}

void Deliverer::stop() {
  stopping_ = true;
  wake_up_.cancel();
}

bool Deliverer::is_ending() const {
  return stopping_ || queue_.pacer().state() == State::kDisabled;
}

asio::awaitable<Deliverer::Ended> Deliverer::run() {
  for (;;) {
    if (!is_ending()) hand_back_overdue();
    if (!is_ending()) start_due();
    if (is_ending() && queue_.in_flight() == 0) break;
    TimePoint next = TimePoint::max();
    if (!is_ending()) {
      next = std::min(queue_.next_start().value_or(next), queue_.next_overdue().value_or(next));
    }
    wake_up_.expires_at(next);
    co_await wake_up_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return queue_.pacer().state() == State::kDisabled ? Ended::kGone : Ended::kStopped;
}

void Deliverer::hand_back_overdue() {
  while (const auto key = queue_.take_overdue(Clock::now())) {
    events_.erase(*key);
    observer_.on_handed_back(*key, last_reason_);
  }
}

void Deliverer::start_due() {
  const TimePoint now = Clock::now();
  while (const auto key = queue_.start_next(now)) {
    asio::co_spawn(executor_, attempt(*key), [](const std::exception_ptr& thrown) {
      // Out of memory, or a fault of ours: it ends the event loop rather than one event.
      if (thrown) std::rethrow_exception(thrown);
    });
  }
}

asio::awaitable<void> Deliverer::attempt(Key key) {
  const Event& event = events_.at(key);  // stays where it is until settle()
  const AttemptResult result = co_await sender_.post(event.id, wall_clock(), event.body);
  settle(key, judge(result, wall_clock(), retry_after_max_));
  wake_up_.cancel();
}

void Deliverer::settle(Key key, const Verdict& verdict) {
  const TimePoint now = Clock::now();
  const State before = queue_.pacer().state();
  const Fate fate = queue_.finish(key, verdict, now, random_u64());
  const State after = queue_.pacer().state();
  if (fate != Fate::kWaiting) events_.erase(key);
  if (!verdict.reason.empty()) last_reason_ = verdict.reason;
  switch (fate) {
    case Fate::kDelivered:
      if (before == State::kFailing && after == State::kWorking) observer_.on_recovered();
      observer_.on_delivered(key);
      return;
    case Fate::kRefused:
      observer_.on_refused(key, verdict);
      return;
    case Fate::kUnsendable:
      observer_.on_unsendable(key, verdict);
      return;
    case Fate::kGone:  // run() says so, once
      return;
    case Fate::kWaiting:
    case Fate::kHandedBack: {
      const auto pause = std::max(queue_.pacer().paused_until(), now) - now;
      observer_.on_failed(key, verdict, std::chrono::ceil<std::chrono::milliseconds>(pause), after);
      if (fate == Fate::kHandedBack) observer_.on_handed_back(key, last_reason_);
      return;
    }
  }
}

}  // namespace bb::webhook
