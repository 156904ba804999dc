// Keeps a service registered for as long as it runs.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "registry/registry.h"

namespace bb::registry {

// Registers an instance, and says every third of its TTL that it is there still. Whatever becomes
// of that, the service is not disturbed: a call has a bound, and all that is seen of a failure is
// one notice when it begins and one when it is over. Where there is no registry at all it gives up,
// with a notice.
//
// On one executor; not thread-safe. What is under way may outlive the object.
class Registration {
 public:
  // `on_notice` gets a line each time; `advice` is put behind those of a failure.
  Registration(const boost::asio::any_io_executor& executor, std::shared_ptr<Registry> registry,
               ServiceInstance instance, std::string advice,
               std::function<void(const std::string&)> on_notice);
  ~Registration();
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  // Once it receives. Further calls do nothing.
  void start();

  // Says that the instance ends, if it is registered, and is done within kStopTime. It may not be
  // started afterwards.
  boost::asio::awaitable<void> stop();
  static constexpr std::chrono::milliseconds kStopTime{1000};

 private:
  struct State;
  static boost::asio::awaitable<void> beat(std::shared_ptr<State> state);
  static boost::asio::awaitable<void> end(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace bb::registry
