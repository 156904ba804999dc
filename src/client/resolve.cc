#include "client/resolve.h"

#include <fmt/core.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "client/signal.h"

namespace bb::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::string cannot_resolve(std::string_view host, std::string_view reason) {
  return fmt::format("cannot find the address of host '{}': {}; check the URL", host, reason);
}

asio::awaitable<void> ask_resolver(std::string host, PendingPtr<Addresses> answer) {
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto [error, entries] =
      co_await resolver.async_resolve(host, "", asio::as_tuple(asio::use_awaitable));
  if (error) {
    answer->set(fail(ErrorCode::kUnreachable, cannot_resolve(host, error.message())));
    co_return;
  }
  Addresses addresses;
  for (const auto& entry : entries) addresses.push_back(entry.endpoint().address());
  answer->set(std::move(addresses));
}

}  // namespace

std::optional<Addresses> local_addresses(std::string_view host) {
  if (host == "localhost") {
    return Addresses{asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  }
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return std::nullopt;
  return Addresses{address};
}

asio::awaitable<Result<Addresses>> resolve(std::string host,
                                           std::chrono::steady_clock::time_point deadline) {
  if (auto known = local_addresses(host)) co_return std::move(*known);

  const auto executor = co_await asio::this_coro::executor;
  auto answer = std::make_shared<Pending<Addresses>>(executor);
  asio::co_spawn(executor, ask_resolver(host, answer), asio::detached);
  asio::steady_timer timer(executor, deadline);
  timer.async_wait([answer, host](boost::system::error_code error) {
    if (error) return;
    answer->set(fail(ErrorCode::kUnreachable, cannot_resolve(host, "no answer in time")));
  });
  co_return co_await wait_for(answer);
}

}  // namespace bb::client
