// AMQP URLs, as in RabbitMQ's URI specification:
// amqp[s]://[user[:password]@]host[:port][/vhost][?heartbeat=S&connection_timeout=MS&...]
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::amqp {

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

  // The URL without its password and its parameters: "amqp://guest@localhost:5672/". For
  // logs and errors; one line of ASCII, whatever the parts hold.
  std::string redacted() const;
};

// What is left out has the default above: "amqp://" alone is a broker on this machine.
// A path of "/" or none is vhost "/"; "/%2F" and "//" too; "/name" is vhost "name". The
// host comes without the brackets of an IPv6 address.
//
// kInvalidUrl says what is wrong, without ever quoting the password. Parameters that are
// unknown, or known to RabbitMQ and not supported here (TLS files, verify, ...), are
// refused by name. Parameters: heartbeat (seconds, 0 to 65535), connection_timeout
// (milliseconds, 1 or more), channel_max (0 to 65535).
Result<Url> parse_url(std::string_view text);

}  // namespace bb::amqp
