#include "registry/registration.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "base/random.h"
#include "client/time_limit.h"

namespace bb::registry {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kCallTimeMin{250};
constexpr milliseconds kCallTimeMax{5000};

// Owns what it calls.
asio::awaitable<Result<void>> put_in(std::shared_ptr<Registry> registry, ServiceInstance instance) {
  co_return co_await registry->put(std::move(instance));
}

milliseconds call_time(const ServiceInstance& instance) {
  return std::clamp(heartbeat_interval(instance), kCallTimeMin, kCallTimeMax);
}

// A tenth more or less, so that services that started together do not call together for ever.
milliseconds next_wait(const ServiceInstance& instance) {
  const milliseconds interval = heartbeat_interval(instance);
  const auto spread = static_cast<std::uint64_t>(interval.count() / 5);
  if (spread == 0) return interval;
  return interval - interval / 10 + milliseconds(random_u64() % spread);
}

}  // namespace

struct Registration::State {
  State(const asio::any_io_executor& on, std::shared_ptr<Registry> in, ServiceInstance what,
        std::string hint, std::function<void(const std::string&)> notice)
      : executor(on),
        registry(std::move(in)),
        instance(std::move(what)),
        advice(std::move(hint)),
        on_notice(std::move(notice)),
        pause(on),
        ended(on, asio::steady_timer::time_point::max()) {}

  // What follows from an outcome; false where it is of no use to go on.
  bool take(const Result<void>& outcome) {
    if (outcome) {
      if (std::exchange(failing, false)) on_notice("registered again");
      return true;
    }
    const Error& error = outcome.error();
    const bool hopeless = error.code == ErrorCode::kNotImplemented;
    if (!std::exchange(failing, true)) {
      on_notice(fmt::format("not registered as a service, and runs all the same: {}{}{}",
                            error.message, advice.empty() ? "" : "; ", advice));
    }
    return !hopeless;
  }

  const asio::any_io_executor executor;
  const std::shared_ptr<Registry> registry;
  const ServiceInstance instance;
  const std::string advice;
  const std::function<void(const std::string&)> on_notice;
  asio::steady_timer pause;
  asio::steady_timer ended;  // cancelled at the end of beat()
  bool started = false;
  bool beating = false;
  bool stopping = false;
  bool registered = false;
  bool failing = false;
};

Registration::Registration(const asio::any_io_executor& executor,
                           std::shared_ptr<Registry> registry, ServiceInstance instance,
                           std::string advice, std::function<void(const std::string&)> on_notice)
    : state_(std::make_shared<State>(executor, std::move(registry), std::move(instance),
                                     std::move(advice), std::move(on_notice))) {}

Registration::~Registration() {
  state_->stopping = true;
  state_->pause.cancel();
}

void Registration::start() {
  if (std::exchange(state_->started, true)) return;
  state_->beating = true;
  asio::co_spawn(state_->executor, beat(state_), asio::detached);
}

asio::awaitable<void> Registration::beat(std::shared_ptr<State> state) {
  const milliseconds limit = call_time(state->instance);
  while (!state->stopping) {
    auto put = put_in(state->registry, state->instance);
    const auto outcome = co_await client::within(std::move(put), limit,
                                                 fmt::format("no answer in {} ms", limit.count()));
    state->registered = state->registered || outcome.has_value();
    // What fails because the process ends is nobody's concern.
    if (state->stopping || !state->take(outcome)) break;
    state->pause.expires_after(next_wait(state->instance));
    co_await state->pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  state->beating = false;
  state->ended.cancel();
}

asio::awaitable<void> Registration::end(std::shared_ptr<State> state) {
  state->started = true;
  state->stopping = true;
  state->pause.cancel();
  const auto deadline = std::chrono::steady_clock::now() + kStopTime;
  if (state->beating) {
    state->ended.expires_at(deadline);
    co_await state->ended.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  const auto left =
      std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
  if (!state->registered || left <= milliseconds(0)) co_return;
  ServiceInstance stopped = state->instance;
  stopped.stopped = true;
  auto put = put_in(state->registry, std::move(stopped));
  (void)co_await client::within(std::move(put), left, "no answer");
}

asio::awaitable<void> Registration::stop() {
  return end(state_);
}

}  // namespace bb::registry
