// Calls of a broker's management HTTP API: RabbitMQ's, or that of `bb serve`, which has the same
// paths and fields. https://www.rabbitmq.com/docs/http-api-reference
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "client/http_url.h"

namespace bb::cli {

// "/api/queues/%2F/orders" of {"queues", "/", "orders"}.
std::string api_path(std::initializer_list<std::string_view> segments);

// Blocks for each call, for `timeout` at most. Not thread-safe.
//
// The errors of every call are one line that says what to do: kUnreachable where no such API
// answers, kTimeout, kAccessRefused for the wrong account or one that may not, kNotFound,
// kPreconditionFailed for what the broker refuses because of how things are, kNotImplemented for
// what it does not have, kFailure for what it cannot. No message holds a password.
class ManagementClient {
 public:
  ManagementClient(client::HttpUrl url, std::chrono::milliseconds timeout);

  const client::HttpUrl& url() const { return url_; }

  // From now on SIGINT and SIGTERM end a call with kInterrupted, and not the process. For commands
  // that catch them anyway, while nobody else of the process handles them by himself.
  void catch_signals() { catches_signals_ = true; }

  Result<boost::json::value> get(const std::string& path);
  // As get(), the text as it came. It is JSON or nothing has promised otherwise.
  Result<std::string> get_text(const std::string& path);
  // PUT, POST or DELETE; the status of the answer, 2xx.
  Result<unsigned> change(std::string_view method, const std::string& path,
                          const std::optional<boost::json::value>& body = std::nullopt);
  // POST of a text as it is; the text of the answer, "" where there is none.
  Result<std::string> post_text(const std::string& path, std::string body);

 private:
  struct Answer {
    unsigned status;
    std::string text;
  };
  Result<Answer> call(std::string_view method, const std::string& path, std::string body);

  client::HttpUrl url_;
  std::chrono::milliseconds timeout_;
  bool catches_signals_ = false;
};

}  // namespace bb::cli
