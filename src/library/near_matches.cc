#include "library/near_matches.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/base64.h"
#include "bloodbank/envelope.h"
#include "client/http_client.h"
#include "client/time_limit.h"
#include "event/json_cursor.h"
#include "event/json_string.h"

namespace bb {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTimeMax{1000};
// So long what was fetched is good enough: a stream of events without a queue asks no more often.
constexpr std::chrono::seconds kFresh{5};
constexpr std::size_t kAnswerBytesMax = std::size_t{32} << 20;

}  // namespace

std::vector<client::Binding> read_bindings(std::string_view json) {
  std::vector<client::Binding> bindings;
  if (!check_json(json) || event::json_kind(json) != event::JsonKind::kArray) return bindings;
  event::JsonElements elements(json);
  while (const auto element = elements.next()) {
    if (event::json_kind(*element) != event::JsonKind::kObject) continue;
    client::Binding binding;
    event::JsonMembers members(*element);
    while (const auto member = members.next()) {
      if (event::json_kind(member->value) != event::JsonKind::kString) continue;
      std::string text = event::decode_json_string(event::string_text(member->value)).text;
      if (member->name == "source") binding.source = std::move(text);
      if (member->name == "destination") binding.destination = std::move(text);
      if (member->name == "destination_type") binding.to_exchange = text == "exchange";
      if (member->name == "routing_key") binding.key = std::move(text);
    }
    if (!binding.source.empty()) bindings.push_back(std::move(binding));
  }
  return bindings;
}

asio::awaitable<std::string> NearMatches::find(std::string key) {
  if (fetching_ != nullptr) {
    const client::PendingPtr<bool> other = fetching_;
    (void)co_await client::wait_for(other);
  } else if (fetched_at_ == Clock::time_point() || Clock::now() - fetched_at_ > kFresh) {
    fetching_ = std::make_shared<client::Pending<bool>>(co_await asio::this_coro::executor);
    const client::PendingPtr<bool> mine = fetching_;
    co_await fetch();
    fetching_ = nullptr;
    mine->set(true);
  }
  co_return client::near_bindings_text(client::find_near_bindings(bindings_, exchange_, key));
}

asio::awaitable<void> NearMatches::fetch() {
  client::HttpUrl url = api_;
  client::HttpRequest request;
  request.target = api_.path + "/api/bindings/" + client::encode_path_segment(vhost_);
  request.authorization =
      "Basic " + encode_base64(api_.user.value_or("") + ":" + api_.password.value_or(""));
  request.answer_bytes_max = kAnswerBytesMax;
  auto sent = client::send_http(std::move(url), std::move(request), Clock::now() + kTimeMax);
  auto answer = co_await client::within(std::move(sent), kTimeMax, "no answer in time");
  fetched_at_ = Clock::now();
  bindings_.clear();
  if (answer && answer->status == 200) bindings_ = read_bindings(answer->body);
}

}  // namespace bb
