// Where webhooks go: http[s]://host[:port][/path][?query]
#pragma once

#include <string>
#include <string_view>

#include "bloodbank/result.h"
#include "client/http_url.h"

namespace bb::webhook {

struct EndpointUrl {
  // Without user, password and path: server.redacted() names the endpoint in messages and quotes
  // neither path nor query, where services that give out webhook URLs put their keys.
  client::HttpUrl server;
  std::string target;  // what is asked for: "/hooks/1?key=x", byte for byte as it was given
};

// kInvalidUrl, which quotes nothing of `text`, for what parse_http_url() refuses and for:
//   - a user or password: the signature tells the receiver who sends, and RFC 9110 §4.2.4 has
//     senders make no such URLs;
//   - a fragment, which no request carries;
//   - an '@' behind the host, which is more likely the end of a password with a '/' or '?' in it.
// Unlike the URL of an API, one of a webhook may have a query, and keeps a '/' at its end: without
// it, many servers answer with a redirect.
Result<EndpointUrl> parse_endpoint_url(std::string_view text);

}  // namespace bb::webhook
