// One HTTP request and its answer, apart from sockets.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

namespace bb::server {

struct HttpRequest {
  std::string method;         // "GET"
  std::string target;         // as it came: "/api/queues/%2F?columns=name"
  std::string authorization;  // the header's value; empty when there was none
  std::string body;
  std::string peer;  // "127.0.0.1:40112"
  bool peer_is_loopback = false;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  // Of an answer that takes long to put together: appends some more to `body`, and says whether
  // there is yet more. Called until it says no, with the bus's own work in between.
  std::function<bool(std::string& body)> more = {};
  // Of an answer that somebody else has to be asked for first: gives it, and this one counts no
  // more. Called once, on the bus's executor.
  std::function<boost::asio::awaitable<HttpResponse>()> later = {};
  bool login_refused = false;  // with a wrong name or password: to be answered late
};

}  // namespace bb::server
