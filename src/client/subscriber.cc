#include "client/subscriber.h"

#include <fmt/format.h>

#include <utility>

#include "client/subscriber_state.h"

namespace bb::client {

namespace asio = boost::asio;

std::string service_queue(std::string_view exchange, std::string_view service) {
  return fmt::format("{}.{}", exchange, service);
}

Attempt::Attempt(std::shared_ptr<const Delivery> of, const FailureRecord& record)
    : delivery(std::move(of)),
      exchange(record.exchange),
      routing_key(record.routing_key),
      number(record.attempts + 1) {
  // Anybody may set a header: what is no time says nothing.
  if (const auto at = parse_rfc3339(record.first_failed_at)) first_failed_at = *at;
}

Subscriber::Subscriber(const asio::any_io_executor& executor, SubscriberOptions options,
                       Handler handler)
    : state_(std::make_shared<SubscriberState>(executor, std::move(options), std::move(handler))) {}

Subscriber::Subscriber(Subscriber&&) noexcept = default;

Subscriber& Subscriber::operator=(Subscriber&& other) noexcept {
  if (this == &other) return *this;
  if (state_) state_->drop();
  state_ = std::move(other.state_);
  return *this;
}

Subscriber::~Subscriber() {
  if (state_) state_->drop();
}

asio::awaitable<Result<void>> Subscriber::run(std::chrono::milliseconds first_timeout) {
  return SubscriberState::run(state_, first_timeout);
}
void Subscriber::stop() {
  state_->stop();
}
const SubscriberCounts& Subscriber::counts() const {
  return state_->counts;
}
void Subscriber::on_connection(std::function<void(const Error*)> handler) {
  state_->on_connection = std::move(handler);
}
void Subscriber::on_failure(std::function<void(const Attempt&, const Handled&)> handler) {
  state_->on_failure = std::move(handler);
}

}  // namespace bb::client
