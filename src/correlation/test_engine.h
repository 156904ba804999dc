// The engines that links can be kept in, for one suite over all of them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "correlation/link_store.h"

namespace bb::correlation {

// A store with an event loop of its own, so that blocking code can ask it. Of one thread.
class StoreUser {
 public:
  virtual ~StoreUser() = default;

  Result<void> record(std::vector<Link> links) { return run(store().record(std::move(links))); }
  Result<Link> add(Link more) { return run(store().add(std::move(more))); }
  Result<Neighbours> neighbours(Uuid event) { return run(store().neighbours(event)); }
  Result<Graph> walk(Uuid event, Direction direction, WalkLimits limits = {}) {
    return run(store().walk(event, direction, limits));
  }

  template <class T>
  T run(boost::asio::awaitable<T> task) {
    std::optional<T> value;
    std::exception_ptr thrown;
    boost::asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& error, T result) {
      thrown = error;
      value = std::move(result);
    });
    context.restart();
    // What a store keeps going for itself does not end.
    while (!value && !thrown && context.run_one() > 0) {
    }
    if (thrown) std::rethrow_exception(thrown);
    if (!value) throw std::runtime_error("the call never ended");
    return *std::move(value);
  }

  boost::asio::io_context context{1};

 protected:
  virtual LinkStore& store() = 0;
};

// A place where links are kept, empty at first.
class Engine {
 public:
  virtual ~Engine() = default;

  // Another user of the same place.
  virtual std::unique_ptr<StoreUser> open() = 0;
  // From now on it is as if the time to live of everything were over.
  virtual void let_everything_run_out() = 0;
};

}  // namespace bb::correlation
