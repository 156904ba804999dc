#include "cli/management_client.h"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/try.h"
#include "base/utf8.h"
#include "cli/duration.h"
#include "cli/json_text.h"
#include "cli/json_value.h"
#include "cli/runner.h"
#include "client/http_client.h"

namespace bb::cli {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

// A broker's own words are a sentence; more is somebody else's page.
constexpr std::size_t kReasonBytesMax = 1000;

constexpr int kGetAttempts = 3;
constexpr std::chrono::milliseconds kGetPause{100};

constexpr std::string_view kStartHint =
    "is `bb serve` running there? RabbitMQ needs its management plugin (rabbitmq-plugins enable "
    "rabbitmq_management) and its URL, as in --http-url http://guest:guest@127.0.0.1:15672";

// {"error":"bad_request","reason":"..."}; "" where the answer is none of the API's.
std::string reason_of(const std::string& text) {
  const auto value = parse_json_value(text);
  if (!value || !value->is_object()) return "";
  std::string reason = text_at(value->get_object(), "reason");
  if (reason.empty()) reason = text_at(value->get_object(), "error");
  reason.erase(reason.find_last_not_of(" .\r\n") + 1);
  return printable(reason, kReasonBytesMax);
}

std::unexpected<Error> refused_account(const client::HttpUrl& url, const std::string& reason) {
  std::string problem = fmt::format("{} refused the user '{}'", url.redacted(),
                                    printable(url.user.value_or(""), kReasonBytesMax));
  // RabbitMQ has "Login failed", and "Not management user", "Not administrator user" and the like.
  if (reason.empty() || reason == "Login failed") {
    problem +=
        ": wrong name or password, or a guest from another machine; put both into BB_HTTP_URL or "
        "RABBIT_URL, as in http://USER:PASSWORD@HOST:PORT";
  } else if (reason.starts_with("Not ")) {
    problem += fmt::format(
        ": {}; 'bb user tags' gives it the tag 'management' (for what is its own), 'monitoring' "
        "(to "
        "look at all) or 'administrator' (for users and vhosts too)",
        reason);
  } else if (reason.find("reserved prefix") != std::string::npos ||
             reason.find("system exchange") != std::string::npos) {
    return fail(ErrorCode::kAccessRefused,
                fmt::format("{} refused: {}; names that begin with 'amq.' are the broker's own",
                            url.redacted(), reason));
  } else {
    problem += fmt::format(": {}; 'bb user show' tells what it may do in which vhost", reason);
    // RabbitMQ has no more words for these.
    if (reason == "Access refused")
      problem += "; names that begin with 'amq.' are the broker's own";
  }
  return fail(ErrorCode::kAccessRefused, std::move(problem));
}

std::unexpected<Error> refused(const client::HttpUrl& url, unsigned status,
                               const std::string& text) {
  const std::string reason = reason_of(text);
  const std::string said =
      fmt::format("{} answered {}{}{}", url.redacted(), status, reason.empty() ? "" : ": ", reason);
  switch (status) {
    case 400:
    case 409:
    case 412:
      return fail(ErrorCode::kPreconditionFailed,
                  reason.empty()
                      ? fmt::format("{}; is a management API there? {}", said, kStartHint)
                      : fmt::format("the broker refused: {}", reason));
    case 401:
    case 403:
      return refused_account(url, reason);
    case 404:
      if (reason.empty()) {
        return fail(ErrorCode::kUnreachable,
                    fmt::format("{} has no management API: {}", url.redacted(), kStartHint));
      }
      return fail(ErrorCode::kNotFound, said);
    case 405:
    case 501:
      return fail(ErrorCode::kNotImplemented, fmt::format("this broker cannot do that: {}", said));
    case 429:
      return fail(ErrorCode::kResourceError, fmt::format("{}; try again later", said));
    case 503:
      return fail(ErrorCode::kConnectionForced,
                  fmt::format("the broker is starting or stopping: {}", said));
    default:
      return fail(ErrorCode::kFailure, fmt::format("{}; the broker's log may say more", said));
  }
}

// RabbitMQ answers 500 when something that it is about to list goes meanwhile. What changes nothing
// is asked again.
asio::awaitable<Result<client::HttpResponse>> send(client::HttpUrl url, client::HttpRequest request,
                                                   std::chrono::steady_clock::time_point deadline) {
  const int attempts_max = request.method == "GET" ? kGetAttempts : 1;
  for (int attempt = 1;; ++attempt) {
    auto response = co_await client::send_http(url, request, deadline);
    if (!response || response->status != 500 || attempt == attempts_max) co_return response;
    asio::steady_timer timer(co_await asio::this_coro::executor, kGetPause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace

std::string api_path(std::initializer_list<std::string_view> segments) {
  std::string path = "/api";
  for (const std::string_view segment : segments) {
    path += '/';
    path += client::encode_path_segment(segment);
  }
  return path;
}

ManagementClient::ManagementClient(client::HttpUrl url, std::chrono::milliseconds timeout)
    : url_(std::move(url)), timeout_(timeout) {}

Result<ManagementClient::Answer> ManagementClient::call(std::string_view method,
                                                        const std::string& path, std::string body) {
  client::HttpRequest request;
  request.method = method;
  request.target = url_.path + path;
  if (url_.user) {
    request.authorization = "Basic " + encode_base64(*url_.user + ":" + url_.password.value_or(""));
  }
  request.body = std::move(body);
  const Deadline deadline = Deadline::in(timeout_);
  // One for each call: after a timeout a Runner is of no more use.
  Runner runner;
  if (catches_signals_) runner.catch_signals();
  auto response = runner.run(send(url_, std::move(request), deadline.at), deadline);
  if (!response) {
    Error error = std::move(response).error();
    if (error.code == ErrorCode::kTimeout) {
      error.message = fmt::format("{} did not answer within {}; allow more with --timeout",
                                  url_.redacted(), format_duration(timeout_));
    } else if (error.code == ErrorCode::kUnreachable) {
      error.message += fmt::format("; {}", kStartHint);
    }
    return fail(std::move(error));
  }
  if (response->status < 200 || response->status > 299) {
    if (response->status >= 300 && response->status <= 399) {
      return fail(ErrorCode::kUnreachable,
                  fmt::format("{} answered with a redirection, which is not followed: give the URL "
                              "it leads to",
                              url_.redacted()));
    }
    return refused(url_, response->status, response->body);
  }
  return Answer{response->status, std::move(response->body)};
}

Result<std::string> ManagementClient::get_text(const std::string& path) {
  BB_TRY_ASSIGN(Answer answer, call("GET", path, ""));
  return std::move(answer.text);
}

Result<json::value> ManagementClient::get(const std::string& path) {
  BB_TRY_ASSIGN(const std::string text, get_text(path));
  auto value = parse_json_value(text);
  if (!value) {
    return fail(ErrorCode::kUnreachable,
                fmt::format("{} has no management API: its answer is not JSON; {}", url_.redacted(),
                            kStartHint));
  }
  return value;
}

Result<unsigned> ManagementClient::change(std::string_view method, const std::string& path,
                                          const std::optional<json::value>& body) {
  BB_TRY_ASSIGN(const Answer answer, call(method, path, body ? write_json(*body) : ""));
  return answer.status;
}

Result<std::string> ManagementClient::post_text(const std::string& path, std::string body) {
  BB_TRY_ASSIGN(Answer answer, call("POST", path, std::move(body)));
  return std::move(answer.text);
}

}  // namespace bb::cli
