#include "cli/doctor_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "bloodbank/uuid.h"
#include "cli/runner.h"
#include "cli/wakeup.h"
#include "client/channel.h"
#include "client/connection.h"
#include "client/tls.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// A week to see it and a week to act.
constexpr std::chrono::days kRenewWithin{14};

// What the checks have built up so far. On the heap, because a check that timed out is left where
// it stands and still refers to it.
struct State {
  client::ConnectOptions connect;
  std::string exchange;
  std::optional<client::Connection> connection;
  std::optional<client::Channel> channel;  // for the queue and the test message
  std::string queue;
  std::string advice;  // of a check that went well
};

std::string text_property(const amqp::FieldTable& table, std::string_view name) {
  const amqp::FieldValue* const value = table.find(name);
  const std::string* const text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? "unknown" : *text;
}

// Each check gives its detail.

asio::awaitable<Result<std::string>> check_connection(std::shared_ptr<State> state) {
  auto connected = co_await client::Connection::connect(state->connect);
  if (!connected) co_return fail(std::move(connected).error());
  state->connection.emplace(*std::move(connected));
  const amqp::Url& url = state->connect.url;
  const bool by_certificate =
      std::ranges::find(url.auth_mechanisms, amqp::AuthMechanism::kExternal) !=
      url.auth_mechanisms.end();
  co_return fmt::format("logged in {} to vhost '{}'",
                        by_certificate ? "by certificate" : fmt::format("as {}", url.user),
                        url.vhost);
}

// What is checked in the handshake is not looked at again.
asio::awaitable<Result<std::string>> check_certificate(std::shared_ptr<State> state) {
  const client::TlsFacts& facts = *state->connection->tls_facts();
  if (!facts.certificate) co_return fail(ErrorCode::kUnreachable, "the broker has shown none");
  const tls::Certificate& certificate = *facts.certificate;
  const auto left = std::chrono::floor<std::chrono::days>(certificate.not_after -
                                                          std::chrono::system_clock::now());
  if (left < kRenewWithin) state->advice = "have the broker's certificate renewed";
  if (!state->connect.url.tls_parameters.verify_peer) {
    state->advice =
        "verify=verify_none takes any certificate, a forged one too: give its authority with "
        "cacertfile";
  }
  co_return fmt::format(
      "{}, for {}, signed by '{}', {} days left (until {})", facts.version, certificate.name_list(),
      certificate.issuer, left.count(),
      format_rfc3339(std::chrono::floor<std::chrono::seconds>(certificate.not_after)));
}

asio::awaitable<Result<std::string>> check_server(std::shared_ptr<State> state) {
  const amqp::FieldTable& properties = state->connection->server_properties();
  co_return fmt::format("{} {}", text_property(properties, "product"),
                        text_property(properties, "version"));
}

// A failed declaration closes its channel, so each has its own.
asio::awaitable<Result<void>> declare_on_own_channel(std::shared_ptr<State> state, bool passive) {
  auto channel = co_await state->connection->open_channel();
  if (!channel) co_return fail(std::move(channel).error());
  client::ExchangeOptions options;
  options.passive = passive;
  co_return co_await channel->declare_exchange(state->exchange, options);
}

asio::awaitable<Result<std::string>> check_exchange(std::shared_ptr<State> state) {
  auto found = co_await declare_on_own_channel(state, /*passive=*/true);
  if (!found) co_return fail(std::move(found).error());
  co_return fmt::format("'{}' is there", state->exchange);
}

asio::awaitable<Result<std::string>> check_exchange_kind(std::shared_ptr<State> state) {
  auto compared = co_await declare_on_own_channel(state, /*passive=*/false);
  if (!compared) co_return fail(std::move(compared).error());
  co_return std::string("topic, durable");
}

asio::awaitable<Result<std::string>> check_queue(std::shared_ptr<State> state) {
  auto channel = co_await state->connection->open_channel();
  if (!channel) co_return fail(std::move(channel).error());
  state->channel.emplace(*std::move(channel));
  client::QueueOptions options;
  options.durable = false;
  options.exclusive = true;
  const std::string any_name;
  auto queue = co_await state->channel->declare_queue(any_name, options);
  if (!queue) co_return fail(std::move(queue).error());
  state->queue = queue->name;
  co_return std::string("a queue of our own can be made");
}

// Publishes to the queue's own name through the default exchange, and waits for the message to be
// confirmed and delivered.
asio::awaitable<Result<std::string>> check_round_trip(std::shared_ptr<State> state) {
  const auto arrived = std::make_shared<std::optional<std::string>>();
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto wake = std::make_shared<Wakeup>(executor);
  client::ConsumeOptions options;
  options.no_ack = true;
  std::function<void(client::Delivery)> on_delivery = [arrived, wake](client::Delivery delivery) {
    *arrived = std::move(delivery.body);
    wake->notify();
  };
  std::function<void()> on_cancelled;
  auto consumer = co_await state->channel->consume(state->queue, options, std::move(on_delivery),
                                                   std::move(on_cancelled));
  if (!consumer) co_return fail(std::move(consumer).error());
  if (auto enabled = state->channel->enable_confirms(); !enabled) {
    co_return fail(std::move(enabled).error());
  }
  const std::string body = Uuid::v4().to_string();
  client::OutgoingMessage message;
  message.routing_key = state->queue;
  message.body = body;
  auto confirm = co_await state->channel->publish_and_wait(message);
  if (!confirm) co_return fail(std::move(confirm).error());
  if (confirm->nacked) co_return fail(ErrorCode::kNacked, "the broker refused a test message");
  if (confirm->returned) co_return fail(ErrorCode::kNoRoute, "a test message reached no queue");
  while (!*arrived) co_await wake->wait();
  if (**arrived != body) {
    co_return fail(ErrorCode::kFailure, "a test message arrived changed");
  }
  co_return std::string("a test message was confirmed and received");
}

asio::awaitable<Result<void>> say_goodbye(std::shared_ptr<State> state) {
  if (state->connection) co_await state->connection->close();
  co_return Result<void>();
}

struct Check {
  const char* name;
  asio::awaitable<Result<std::string>> (*run)(std::shared_ptr<State>);
  bool timed;
};
constexpr std::array<Check, 7> kChecks{{
    {"connection", check_connection, true},
    {"certificate", check_certificate, false},
    {"server", check_server, false},
    {"exchange", check_exchange, false},
    {"exchange kind", check_exchange_kind, false},
    {"queue", check_queue, false},
    {"round trip", check_round_trip, true},
}};

std::string advice_for(const Check& check, ErrorCode code, const State& state) {
  switch (code) {
    case ErrorCode::kUnreachable:
      if (state.connect.url.tls) {
        return "see that a broker speaks TLS there; cacertfile, server_name_indication and verify "
               "in RABBIT_URL say whom to trust";
      }
      return "start a bus with 'bb serve', or set RABBIT_URL or --url to the broker to use";
    case ErrorCode::kInvalidUrl:
      return "name files that can be read with cacertfile, certfile and keyfile in RABBIT_URL";
    case ErrorCode::kAccessRefused:
      if (check.run == check_connection && state.connect.url.tls) {
        return "set the right user and password in RABBIT_URL, or the certificate that the broker "
               "wants of its clients with certfile and keyfile";
      }
      return check.run == check_connection
                 ? "set the right user and password in RABBIT_URL; guest works from the broker's "
                   "own machine alone"
                 : fmt::format(
                       "let the user '{}' configure, write and read there, as in "
                       "rabbitmqctl set_permissions -p '{}' '{}' '.*' '.*' '.*'",
                       state.connect.url.user, state.connect.url.vhost, state.connect.url.user);
    case ErrorCode::kNotAllowed:
      return fmt::format(
          "make the vhost '{}' and let '{}' use it, or name another one in "
          "RABBIT_URL",
          state.connect.url.vhost, state.connect.url.user);
    case ErrorCode::kNotFound:
      return "'bb subscribe' and 'bb publish' make it when they first run";
    case ErrorCode::kPreconditionFailed:
      return "whoever made it declared it otherwise: delete it and let 'bb subscribe' make it, or "
             "use another one with EXCHANGE_NAME";
    case ErrorCode::kTimeout:
      return "the broker is busy or stuck: see its log, or allow more time with --timeout";
    default:
      return "the broker's log may say more";
  }
}

}  // namespace

void check_broker(const amqp::Url& url, const std::string& exchange,
                  std::chrono::milliseconds timeout,
                  const std::function<void(CheckResult)>& report) {
  const auto state = std::make_shared<State>();
  state->connect.url = url;
  state->connect.timeout = timeout;
  state->connect.connection_name = "bb doctor";
  state->exchange = exchange;
  Runner runner;
  bool connection_usable = true;
  bool exchange_found = true;
  bool queue_made = true;
  for (const Check& check : kChecks) {
    if (check.run == check_certificate && !url.tls) continue;
    CheckResult result;
    result.name = check.name;
    const bool possible = connection_usable &&
                          (check.run != check_exchange_kind || exchange_found) &&
                          (check.run != check_round_trip || queue_made);
    if (!possible) {
      result.status = CheckStatus::kSkipped;
      result.detail = "not tried, because of what failed before";
      report(std::move(result));
      continue;
    }
    const auto start = Clock::now();
    const auto detail = runner.run(check.run(state), Deadline::in(timeout));
    if (detail) {
      result.detail = *detail;
      result.advice = std::exchange(state->advice, {});
      if (check.timed) {
        result.latency =
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
      }
    } else {
      result.status = CheckStatus::kFailed;
      result.detail = detail.error().message;
      result.code = detail.error().code;
      result.advice = advice_for(check, result.code, *state);
      exchange_found = exchange_found && check.run != check_exchange;
      queue_made = queue_made && check.run != check_queue;
      // After a timeout the loop is of no more use.
      connection_usable =
          result.code != ErrorCode::kTimeout && state->connection && state->connection->is_open();
    }
    report(std::move(result));
  }
  if (connection_usable) (void)runner.run(say_goodbye(state), Deadline::in(timeout));
  // Before the loop that they belong to.
  state->channel.reset();
  state->connection.reset();
}

}  // namespace bb::cli
