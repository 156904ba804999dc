// Publisher and Subscriber for those who write coroutines on Boost.Asio, or use any other of its
// completion tokens. Headers alone; the rest of the library needs no Boost.
#pragma once

#ifndef BOOST_ASIO_SEPARATE_COMPILATION
#error \
    "this library has Boost.Asio compiled into it: use the flags of find_package(Bloodbank) or pkg-config, in every file that includes Boost.Asio"
#endif

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "bloodbank/publisher.h"
#include "bloodbank/subscriber.h"

namespace bb {

//   const Publisher::Outcome outcome = co_await async_publish(publisher, event, use_awaitable);
//
// Completes on the handler's executor. A publisher that waits for room would block it: set
// PublisherConfig::wait_for_room to false.
template <class Token>
auto async_publish(Publisher& publisher, const Envelope& event, Token&& token) {
  return boost::asio::async_initiate<Token, void(Publisher::Outcome)>(
      [](auto handler, Publisher* to, Envelope envelope) {
        const auto executor = boost::asio::get_associated_executor(handler);
        const auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        const auto complete = [executor, shared](const Publisher::Outcome& outcome) {
          boost::asio::post(executor, [shared, outcome] { std::move (*shared)(outcome); });
        };
        const auto taken = to->publish(envelope, complete);
        if (!taken) complete(std::unexpected(taken.error()));
      },
      token, &publisher, event);
}

// A handler made of a coroutine `boost::asio::awaitable<Handling> handle(Event)` that runs on
// `executor`.
//
//   Subscriber::create_async(config, handler_on(context.get_executor(), handle));
template <class Executor, class Coroutine>
Subscriber::AsyncHandler handler_on(Executor executor, Coroutine handle) {
  return [executor, handle](Event event, Subscriber::Done done) {
    boost::asio::co_spawn(executor, handle(std::move(event)),
                          [done](const std::exception_ptr& thrown, Handling handling) {
                            done(thrown ? Handling::failed("the handler threw") : handling);
                          });
  };
}

}  // namespace bb
