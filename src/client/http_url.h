// Where an HTTP API is: http[s]://[user[:password]@]host[:port][/path]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "amqp/tls_parameters.h"
#include "bloodbank/result.h"

namespace bb::client {

struct HttpUrl {
  bool tls = false;
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 80;
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::string path;  // what every path begins with, percent-encoded, with no slash at its end
  amqp::TlsParameters tls_parameters;  // for https

  // "host:port", with brackets where they belong.
  std::string authority() const;
  // The Host header: the authority without a port that is the scheme's own, as browsers and curl
  // send it (RFC 9110 §7.2, RFC 3986 §6.2.3).
  std::string host_header() const;
  // The URL without user and password. One line of ASCII, whatever the parts hold.
  std::string redacted() const;
};

// The port is that of the scheme where none is given. kInvalidUrl says what is wrong, without ever
// quoting a piece that could be one of a password. A query and a fragment are refused.
Result<HttpUrl> parse_http_url(std::string_view text);

// The same, and a query with the TlsParameters of an https URL:
// "https://host:15671?cacertfile=ca.pem".
Result<HttpUrl> parse_api_url(std::string_view text);

// One segment of a path, or one value of a query: everything but unreserved characters (RFC 3986
// §2.3) percent-encoded, '/' and '.' of "." and ".." too.
std::string encode_path_segment(std::string_view text);

}  // namespace bb::client
