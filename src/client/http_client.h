// One HTTP request and its answer, for programs that make a few: a connection for each, no
// redirects, no compression, no cookies. TLS as of tls.h, with the URL's parameters.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>

#include "bloodbank/result.h"
#include "client/http_url.h"

namespace bb::client {

// An answer is read as a whole: a hundred thousand queues with their statistics fit.
inline constexpr std::size_t kHttpAnswerBytesMax = std::size_t{512} << 20;

struct HttpRequest {
  std::string method = "GET";
  std::string target;         // from the root, percent-encoded: "/api/queues/%2F"
  std::string authorization;  // the header's value; empty for none
  std::string body;           // JSON; empty for none
  std::size_t answer_bytes_max = kHttpAnswerBytesMax;  // of its body
};

struct HttpResponse {
  unsigned status = 0;
  std::string body;
};

// Sends `request` to url.host and reads the answer, whatever its status. `url.path` is not looked
// at: `target` is complete. `deadline` is shared out between the host's addresses; the caller ends
// the whole when it has passed.
//
// kUnreachable: no such host, refused, closed without an answer, or not HTTP. The message is
// complete but for what to do about it. kContentTooLarge: above answer_bytes_max. Of TLS: as of
// tls::make_client_context() and shake_hands().
boost::asio::awaitable<Result<HttpResponse>> send_http(
    HttpUrl url, HttpRequest request, std::chrono::steady_clock::time_point deadline);

}  // namespace bb::client
