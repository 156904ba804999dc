#include "amqp/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <limits>

#include "amqp/constants.h"
#include "base/try.h"

// Messages never quote what could be a piece of a password whose '/', '?', '#' or '@'
// somebody forgot to percent-encode: such a piece may end up in the port, in the path or
// in the query.

namespace bb::amqp {
namespace {

namespace urls = boost::urls;

constexpr std::size_t kUrlMaxBytes = 8192;
constexpr std::uint16_t kPlainPort = 5672;
constexpr std::uint16_t kTlsPort = 5671;
constexpr std::uint16_t kShortMax = std::numeric_limits<std::uint16_t>::max();
constexpr auto kAddressChars = urls::unreserved_chars + ':';  // of an IPv6 address

std::unexpected<Error> invalid(std::string_view problem) {
  return fail(ErrorCode::kInvalidUrl, fmt::format("invalid AMQP URL: {}", problem));
}

// The whole of `text` as a number in [least, most].
template <class T>
std::optional<T> number(std::string_view text, T least, T most) {
  T value{};
  const auto [stop, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc{} || stop != text.end() || value < least || value > most)
    return std::nullopt;
  return value;
}

// "AMQPS" of "AMQPS://host", in small letters; nothing where there is no "://".
std::string scheme_of(std::string_view text) {
  const std::size_t bytes = text.find("://");
  if (bytes == std::string_view::npos) return {};
  std::string scheme(text.substr(0, bytes));
  std::ranges::transform(scheme, scheme.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return scheme;
}

bool starts_with_scheme(std::string_view text) {
  const std::string scheme = scheme_of(text.substr(0, sizeof "amqps://"));
  return scheme == "amqp" || scheme == "amqps";
}

// The parts that Boost.URL can say nothing helpful about when they are wrong.
struct Outline {
  bool tls;
  std::string_view authority;  // user:password@host:port
};

Result<Outline> outline(std::string_view text) {
  if (text.size() > kUrlMaxBytes) {
    return invalid(fmt::format("it is longer than {} bytes", kUrlMaxBytes));
  }
  const std::string scheme = scheme_of(text);
  if (scheme != "amqp" && scheme != "amqps") {
    return invalid("it does not start with amqp:// or amqps://");
  }
  text.remove_prefix(scheme.size() + 3);
  const std::size_t authority_bytes = std::min(text.find_first_of("/?#"), text.size());
  if (text.find('@', authority_bytes) != std::string_view::npos) {
    return invalid(
        "an '@' after the host; in a user name, password or vhost write '/' as %2F, '?' as %3F, "
        "'#' as %23, '@' as %40 and ':' as %3A");
  }
  return Outline{scheme == "amqps", text.substr(0, authority_bytes)};
}

Result<std::uint16_t> parse_port(const Outline& outline) {
  std::string_view host = outline.authority;
  host.remove_prefix(host.rfind('@') + 1);  // npos + 1 is 0
  const std::size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  const std::uint16_t standard = outline.tls ? kTlsPort : kPlainPort;
  if (colon == std::string_view::npos || colon + 1 == host.size()) return standard;
  const auto port = number<std::uint16_t>(host.substr(colon + 1), 1, 65535);
  if (!port) {
    return invalid(
        "the port is not a number from 1 to 65535 (an IPv6 address is written in brackets)");
  }
  return *port;
}

Result<std::string> decoded(urls::pct_string_view encoded, std::string_view what) {
  std::string text = encoded.decode();
  if (text.find('\0') != std::string::npos) {
    return invalid(fmt::format("the {} holds a NUL byte", what));
  }
  return text;
}

Result<std::string> parse_host(const urls::url_view& parts) {
  if (parts.encoded_host().empty()) return Url{}.host;
  if (parts.host_type() == urls::host_type::ipv6) return parts.host_address();
  std::string host = parts.host_address();
  const bool usable = parts.host_type() != urls::host_type::ipvfuture &&
                      std::ranges::all_of(host, urls::unreserved_chars);
  if (!usable) return invalid("the host is neither a name nor an address");
  return host;
}

Result<std::string> parse_vhost(const urls::url_view& parts) {
  const std::string_view path = parts.encoded_path();
  // Celery's way to write the vhost "/" is a bare slash after the first one.
  if (path.empty() || path == "/" || path == "//") return "/";
  const std::string_view name = path.substr(1);
  if (name.find('/') != std::string_view::npos) {
    return invalid("a vhost is one path segment: write '/' in its name as %2F");
  }
  BB_TRY_ASSIGN(std::string vhost, decoded(urls::pct_string_view(name), "vhost"));
  if (vhost.size() > kShortStringMaxBytes) {
    return invalid(fmt::format("the vhost is longer than {} bytes", kShortStringMaxBytes));
  }
  return vhost;
}

// A parameter's name as it may stand in a message.
std::string printable_name(std::string_view name) {
  const bool plain = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return plain ? fmt::format("'{}'", name) : "with an odd name";
}

template <class T, class Target>
Result<void> set_number(std::optional<Target>& target, std::string_view name,
                        std::string_view value, T least, T most) {
  if (target) return invalid(fmt::format("{} is given twice", name));
  const auto parsed = number<T>(value, least, most);
  if (!parsed) {
    return invalid(fmt::format("{} is not a whole number from {} to {}", name, least, most));
  }
  target = Target{*parsed};
  return {};
}

// RabbitMQ's clients know no capital letters here.
Result<void> add_mechanism(std::vector<AuthMechanism>& mechanisms, std::string_view value) {
  if (value != "plain" && value != "amqplain" && value != "external") {
    return invalid("auth_mechanism is none of plain, amqplain and external");
  }
  const AuthMechanism mechanism = value == "plain"      ? AuthMechanism::kPlain
                                  : value == "amqplain" ? AuthMechanism::kAmqplain
                                                        : AuthMechanism::kExternal;
  if (std::ranges::find(mechanisms, mechanism) != mechanisms.end()) {
    return invalid("an auth_mechanism is given twice");
  }
  mechanisms.push_back(mechanism);
  return {};
}

Result<void> set_parameter(Url& url, std::string_view name, std::string_view value) {
  if (name == "heartbeat") {
    return set_number<std::uint16_t>(url.heartbeat_seconds, name, value, 0, kShortMax);
  }
  if (name == "channel_max") {
    return set_number<std::uint16_t>(url.channel_max, name, value, 0, kShortMax);
  }
  if (name == "connection_timeout") {
    return set_number<std::int32_t>(url.connection_timeout, name, value, 1,
                                    std::numeric_limits<std::int32_t>::max());
  }
  if (name == "auth_mechanism") return add_mechanism(url.auth_mechanisms, value);
  if (name == "fail_if_no_peer_cert") return invalid(fmt::format("{} is for servers", name));
  const auto is_of_tls = set_tls_parameter(url.tls_parameters, name, value);
  if (!is_of_tls) return invalid(is_of_tls.error().message);
  if (*is_of_tls && !url.tls) {
    return invalid(
        fmt::format("{} is for TLS, and the URL does not start with amqps://, which has it", name));
  }
  if (*is_of_tls) return {};
  return invalid(
      fmt::format("unknown parameter {}; known are auth_mechanism, cacertfile, certfile, "
                  "channel_max, connection_timeout, depth, heartbeat, keyfile, password, "
                  "server_name_indication and verify",
                  printable_name(name)));
}

// What is only of use together.
Result<void> check_parameters(const Url& url) {
  if (const auto checked = check_tls_parameters(url.tls_parameters); !checked) {
    return invalid(checked.error().message);
  }
  const bool by_certificate =
      std::ranges::find(url.auth_mechanisms, AuthMechanism::kExternal) != url.auth_mechanisms.end();
  if (by_certificate && url.tls_parameters.certfile.empty()) {
    return invalid(
        "auth_mechanism=external logs in with a certificate: it needs amqps:// and certfile");
  }
  return {};
}

std::string encoded(std::string_view text) {
  return urls::encode(text, urls::unreserved_chars);
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  BB_TRY_ASSIGN(const Outline outlined, outline(text));
  Url url;
  url.tls = outlined.tls;
  BB_TRY_ASSIGN(url.port, parse_port(outlined));

  // Boost 1.81 takes "[::1]x" for a host with the path "x", so both must agree on where
  // the authority ends.
  const auto parsed = urls::parse_uri(text);
  if (!parsed || parsed->encoded_authority() != outlined.authority) {
    return invalid(
        "it holds a character that must be percent-encoded, or a broken %-escape or address");
  }
  const urls::url_view& parts = *parsed;
  if (parts.has_fragment()) {
    return invalid("nothing may follow a '#'; in a user name, password or vhost write it as %23");
  }
  BB_TRY_ASSIGN(url.host, parse_host(parts));
  if (parts.has_userinfo()) {
    BB_TRY_ASSIGN(url.user, decoded(parts.encoded_user(), "user name"));
  }
  if (parts.has_password()) {
    BB_TRY_ASSIGN(url.password, decoded(parts.encoded_password(), "password"));
  }
  BB_TRY_ASSIGN(url.vhost, parse_vhost(parts));
  for (const auto parameter : parts.encoded_params()) {
    if (parameter.key.empty() && !parameter.has_value) continue;  // "?", "a=1&"
    BB_TRY(set_parameter(url, parameter.key.decode(), parameter.value.decode()));
  }
  BB_TRY(check_parameters(url));
  return url;
}

Result<std::vector<Url>> parse_urls(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\n' && !(text[at] == ',' && starts_with_scheme(text.substr(at + 1)))) continue;
    parts.push_back(text.substr(start, at - start));
    start = at + 1;
    if (parts.size() >= kUrlsMax) {
      return invalid(fmt::format("there are more than {} of them", kUrlsMax));
    }
  }
  parts.push_back(text.substr(start));
  std::vector<Url> urls;
  for (const std::string_view part : parts) {
    auto url = parse_url(part);
    if (!url && parts.size() == 1) return fail(std::move(url).error());
    if (!url) {
      return fail(url.error().code, fmt::format("URL {} of {}: {}", urls.size() + 1, parts.size(),
                                                url.error().message));
    }
    urls.push_back(*std::move(url));
  }
  return urls;
}

std::string_view mechanism_name(AuthMechanism mechanism) {
  switch (mechanism) {
    case AuthMechanism::kPlain:
      return "PLAIN";
    case AuthMechanism::kAmqplain:
      return "AMQPLAIN";
    case AuthMechanism::kExternal:
      return "EXTERNAL";
  }
  return "";
}

std::string Url::redacted() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return fmt::format(
      "{}://{}@{}:{}/{}", tls ? "amqps" : "amqp", encoded(user),
      bracketed ? fmt::format("[{}]", urls::encode(host, kAddressChars)) : encoded(host), port,
      vhost == "/" ? "" : encoded(vhost));
}

}  // namespace bb::amqp
