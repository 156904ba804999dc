// AMQP URLs, as in RabbitMQ's URI specification:
// amqp[s]://[user[:password]@]host[:port][/vhost][?heartbeat=S&connection_timeout=MS&...]
// docs/amqp-url.md tells users.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "amqp/tls_parameters.h"
#include "bloodbank/result.h"

namespace bb::amqp {

// How to log in (SASL).
enum class AuthMechanism : std::uint8_t { kPlain, kAmqplain, kExternal };

// As the broker offers it: "PLAIN".
std::string_view mechanism_name(AuthMechanism mechanism);

struct Url {
  bool tls = false;
  std::string user = "guest";
  std::string password = "guest";
  std::string host = "localhost";
  std::uint16_t port = 5672;  // 5671 with TLS
  std::string vhost = "/";

  std::optional<std::uint16_t> heartbeat_seconds;
  std::optional<std::chrono::milliseconds> connection_timeout;
  std::optional<std::uint16_t> channel_max;
  // The first of them that the broker offers; none: PLAIN, else AMQPLAIN.
  std::vector<AuthMechanism> auth_mechanisms;
  TlsParameters tls_parameters;  // for amqps

  // The URL without its password and its parameters: "amqp://guest@localhost:5672/". For
  // logs and errors; one line of ASCII, whatever the parts hold.
  std::string redacted() const;
};

// What is left out has the default above: "amqp://" alone is a broker on this machine.
// A path of "/" or none is vhost "/"; "/%2F" and "//" too; "/name" is vhost "name". The
// host comes without the brackets of an IPv6 address.
//
// kInvalidUrl says what is wrong, without ever quoting a password. Parameters that are unknown are
// refused by name, and so are those of TLS in a URL that has none. Parameters: heartbeat (seconds,
// 0 to 65535), connection_timeout (milliseconds, 1 or more), channel_max (0 to 65535),
// auth_mechanism (plain, amqplain, external; more than once), and the TlsParameters.
Result<Url> parse_url(std::string_view text);

// The nodes of a cluster, at most this many.
inline constexpr std::size_t kUrlsMax = 64;

// One or more URLs in the order to try them, with a comma or a line's end between them: a comma
// that no amqp:// or amqps:// follows is a part of the URL. Errors as of parse_url(), with the
// number of the URL where there are several.
Result<std::vector<Url>> parse_urls(std::string_view text);

}  // namespace bb::amqp
