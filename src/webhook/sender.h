// Posts events to one endpoint, in the form of Standard Webhooks 1.0.0.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/result.h"
#include "webhook/attempt.h"
#include "webhook/endpoint_url.h"
#include "webhook/signature.h"

namespace bb::webhook {

struct SenderOptions {
  EndpointUrl url;
  // At least one. Each signs every webhook: two while one replaces the other.
  std::vector<WebhookSecret> secrets;
  // Connects to addresses that are not public as well (address_guard.h).
  bool allow_private = false;
  // Of one post, from looking up the host to the end of the answer's header. Standard Webhooks
  // 1.0.0, "Request timeouts": 15 to 30 s.
  std::chrono::milliseconds timeout{20'000};
  // Connections that are kept for the next post.
  std::size_t idle_connections_max = 8;
};

// POST, with the event as the body (application/json), webhook-id, webhook-timestamp and
// webhook-signature, over HTTP/1.1. No redirects, no proxies, no compression, no cookies. TLS as of
// client/http_transport.h.
//
// Connections are kept alive and used again. As many are open as there are post()s under way, which
// is for the caller to bound (EndpointPacer), and at most idle_connections_max besides.
//
// Not thread-safe: one executor with one thread. Outlives its post()s.
class WebhookSender {
 public:
  // kUsage: no secret. kAccessRefused: the URL names an address that is not public, and
  // allow_private is not set. Of TLS: as of tls::make_client_context().
  static Result<WebhookSender> make(SenderOptions options);

  WebhookSender(WebhookSender&&) noexcept;
  WebhookSender& operator=(WebhookSender&&) noexcept;
  ~WebhookSender();

  // One attempt. `id` and `body` are borrowed until it is done; `now` is when the attempt is made,
  // which the signature covers. The answer's header decides; its body is read, so that the
  // connection can be used again, and thrown away (limits in connection.h).
  //
  // A connection that was kept may have been closed by the endpoint in the meantime. If so, without
  // a byte of an answer, the post is made once more over a new one. The endpoint may then see the
  // event twice, which it must expect anyhow: the id tells.
  boost::asio::awaitable<AttemptResult> post(std::string_view id, std::chrono::sys_seconds now,
                                             std::string_view body);

  // How the endpoint is called in messages: scheme, host and port.
  std::string name() const;

 private:
  class Impl;
  explicit WebhookSender(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace bb::webhook
