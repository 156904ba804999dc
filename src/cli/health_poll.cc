#include "cli/health_poll.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "cli/duration.h"
#include "client/http_client.h"
#include "client/http_url.h"
#include "client/time_limit.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// More is no answer about health.
constexpr std::size_t kAnswerBytesMax = 1 << 20;

struct Poll {
  explicit Poll(const asio::any_io_executor& executor)
      : all_done(executor, asio::steady_timer::time_point::max()) {}
  std::vector<std::string> urls;
  milliseconds limit{0};
  std::size_t next = 0;
  std::size_t workers = 0;
  std::map<std::string, Health> found;
  asio::steady_timer all_done;
};

Health health_of(const Result<client::HttpResponse>& response) {
  Health health;
  if (!response) {
    health.error = response.error().message;
    return health;
  }
  health.status = response->status;
  health.ok = response->status >= 200 && response->status <= 299;
  if (!health.ok) health.error = fmt::format("answered {}", response->status);
  return health;
}

asio::awaitable<void> work(std::shared_ptr<Poll> poll) {
  while (poll->next < poll->urls.size()) {
    const std::string text = poll->urls[poll->next++];
    const auto url = client::parse_http_url(text);
    if (!url) {
      poll->found[text].error = url.error().message;
      continue;
    }
    client::HttpRequest request;
    request.target = url->path.empty() ? "/" : url->path;
    request.answer_bytes_max = kAnswerBytesMax;
    const auto deadline = std::chrono::steady_clock::now() + poll->limit;
    auto sent = client::send_http(*url, std::move(request), deadline);
    const auto response = co_await client::within(
        std::move(sent), poll->limit, fmt::format("no answer in {}", format_duration(poll->limit)));
    poll->found[text] = health_of(response);
  }
  if (--poll->workers == 0) poll->all_done.cancel();
}

}  // namespace

asio::awaitable<Result<std::map<std::string, Health>>> poll_health(std::vector<std::string> urls,
                                                                   milliseconds limit) {
  std::ranges::sort(urls);
  urls.erase(std::unique(urls.begin(), urls.end()), urls.end());
  const auto executor = co_await asio::this_coro::executor;
  const auto poll = std::make_shared<Poll>(executor);
  poll->urls = std::move(urls);
  poll->limit = limit;
  poll->workers = std::min(poll->urls.size(), kHealthPollsAtOnce);
  for (std::size_t i = poll->workers; i > 0; --i)
    asio::co_spawn(executor, work(poll), asio::detached);
  while (poll->workers > 0) {
    co_await poll->all_done.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return std::move(poll->found);
}

}  // namespace bb::cli
