// What `bb subscribe --service` says of itself in the registry of services.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bloodbank/result.h"
#include "cli/subscribe_options.h"
#include "registry/registration.h"

namespace bb::cli {

// What is subscribed to.
struct Subscribed {
  std::string vhost;
  std::string exchange;
  std::string queue;
  std::vector<std::string> patterns;
};

// For a subscription with a service's name; nullptr without one. Where it cannot be registered
// there is a warning and nullptr: the service runs all the same.
std::unique_ptr<registry::Registration> make_registration(
    const boost::asio::any_io_executor& executor, const SubscribeCommandOptions& options,
    const Subscribed& subscribed);

// Runs `task`, and afterwards says that the service ends. `registration` may be nullptr, and
// outlives the coroutine.
template <class T>
boost::asio::awaitable<Result<T>> run_registered(boost::asio::awaitable<Result<T>> task,
                                                 registry::Registration* registration) {
  auto result = co_await std::move(task);
  if (registration != nullptr) co_await registration->stop();
  co_return result;
}

}  // namespace bb::cli
