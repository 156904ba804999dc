// Which queues an event nearly reached that reached none, by the broker's management API.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "client/http_url.h"
#include "client/near_bindings.h"
#include "client/signal.h"

namespace bb {

// The bindings of a list of them as the API gives it; those of the default exchange are left out,
// and so is everything that is no binding.
std::vector<client::Binding> read_bindings(std::string_view json);

// Asks the API at most once in a while, and for at most a second. On one executor; not thread-safe.
class NearMatches {
 public:
  // `api` with user and password.
  NearMatches(client::HttpUrl api, std::string vhost, std::string exchange)
      : api_(std::move(api)), vhost_(std::move(vhost)), exchange_(std::move(exchange)) {}

  // client::near_bindings_text(); "" also where the API does not answer.
  boost::asio::awaitable<std::string> find(std::string key);

 private:
  boost::asio::awaitable<void> fetch();

  const client::HttpUrl api_;
  const std::string vhost_;
  const std::string exchange_;
  std::vector<client::Binding> bindings_;
  std::chrono::steady_clock::time_point fetched_at_{};
  client::PendingPtr<bool> fetching_;  // null: nobody is at it
};

}  // namespace bb
