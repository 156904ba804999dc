#include "client/http_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/parse_query.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "base/try.h"

namespace bb::client {
namespace {

namespace urls = boost::urls;

constexpr std::size_t kUrlMaxBytes = 8192;
constexpr auto kAddressChars = urls::unreserved_chars + ':';  // of an IPv6 address

std::unexpected<Error> invalid(std::string_view problem) {
  return fail(ErrorCode::kInvalidUrl, fmt::format("invalid HTTP URL: {}", problem));
}

Result<std::string> decoded(urls::pct_string_view encoded, std::string_view what) {
  std::string text = encoded.decode();
  if (text.find('\0') != std::string::npos) {
    return invalid(fmt::format("the {} holds a NUL byte", what));
  }
  return text;
}

// A ':' separates the user from the password in what is sent (RFC 7617 §2).
Result<void> read_user(HttpUrl& url, const urls::url_view& parts) {
  if (!parts.has_userinfo()) return {};
  BB_TRY_ASSIGN(url.user, decoded(parts.encoded_user(), "user name"));
  if (url.user->find(':') != std::string::npos) {
    return invalid("HTTP has no way to send a user name with a ':'");
  }
  if (parts.has_password()) {
    BB_TRY_ASSIGN(url.password, decoded(parts.encoded_password(), "password"));
  }
  return {};
}

constexpr std::uint16_t scheme_port(bool tls) {
  return tls ? 443 : 80;
}

std::string encoded_host(std::string_view host) {
  return host.find(':') == std::string_view::npos
             ? std::string(urls::encode(host, urls::unreserved_chars))
             : fmt::format("[{}]", urls::encode(host, kAddressChars));
}

Result<std::uint16_t> read_port(const urls::url_view& parts, bool tls) {
  const std::string_view text = parts.port();
  if (text.empty()) return scheme_port(tls);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return invalid("the port is not a number from 1 to 65535");
  }
  return port;
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text) {
  if (text.size() > kUrlMaxBytes) {
    return invalid(fmt::format("it is longer than {} bytes", kUrlMaxBytes));
  }
  const auto parsed = urls::parse_uri(text);
  const std::size_t scheme_bytes = std::min(text.find("://"), text.size());
  const std::string_view scheme = text.substr(0, scheme_bytes);
  if (scheme_bytes == text.size() || (scheme != "http" && scheme != "https")) {
    return invalid("it does not start with http:// or https://");
  }
  // Boost 1.81 takes "host:x" for a host with the path "x", so both must agree on where the
  // authority ends.
  std::string_view authority = text.substr(scheme_bytes + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (!parsed || parsed->encoded_authority() != authority) {
    return invalid(
        "it holds a character that must be percent-encoded, or a broken %-escape, port or address");
  }
  const urls::url_view& parts = *parsed;
  // A '/' or '?' in a password ends the host early; what follows must not be quoted.
  if (parts.has_query() || parts.has_fragment() ||
      parts.encoded_path().find('@') != std::string_view::npos) {
    return invalid(
        "nothing but a path may follow the host; in a user name or password write '/' as %2F, "
        "'?' as %3F, '#' as %23 and '@' as %40");
  }
  HttpUrl url;
  url.tls = scheme == "https";
  url.host = parts.host_address();
  const bool usable = parts.host_type() == urls::host_type::ipv6 ||
                      (!url.host.empty() && parts.host_type() != urls::host_type::ipvfuture &&
                       std::ranges::all_of(url.host, urls::unreserved_chars));
  if (!usable) return invalid("the host is neither a name nor an address");
  BB_TRY_ASSIGN(url.port, read_port(parts, url.tls));
  BB_TRY(read_user(url, parts));
  url.path = std::string(parts.encoded_path());
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

Result<HttpUrl> parse_api_url(std::string_view text) {
  const std::size_t path_end = std::min(text.find('?'), text.size());
  const std::string_view query = text.substr(std::min(path_end + 1, text.size()));
  // Of a '?' in a password: the other function says it.
  if (query.find_first_of("@#") != std::string_view::npos) return parse_http_url(text);
  BB_TRY_ASSIGN(HttpUrl url, parse_http_url(text.substr(0, path_end)));
  if (query.empty()) return url;
  const auto parameters = urls::parse_query(query);
  if (!parameters) return invalid("the query holds a character that must be percent-encoded");
  for (const auto parameter : *parameters) {
    const auto is_known = amqp::set_tls_parameter(url.tls_parameters, parameter.key.decode(),
                                                  parameter.value.decode());
    if (!is_known) return invalid(is_known.error().message);
    if (!*is_known || !url.tls) {
      return invalid(
          "what follows a '?' can be cacertfile, certfile, depth, keyfile, password, "
          "server_name_indication and verify, of an https:// URL");
    }
  }
  if (const auto checked = amqp::check_tls_parameters(url.tls_parameters); !checked) {
    return invalid(checked.error().message);
  }
  return url;
}

std::string HttpUrl::authority() const {
  return fmt::format("{}:{}", encoded_host(host), port);
}

std::string HttpUrl::host_header() const {
  return port == scheme_port(tls) ? encoded_host(host) : authority();
}

std::string HttpUrl::redacted() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), path);
}

std::string encode_path_segment(std::string_view text) {
  // Servers, and what stands before them, take these two away.
  if (text == ".") return "%2E";
  if (text == "..") return "%2E%2E";
  return urls::encode(text, urls::unreserved_chars);
}

}  // namespace bb::client
