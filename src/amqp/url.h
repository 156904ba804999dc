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

  // The URL without its password: "amqp://guest@localhost:5672/". For logs and errors.
  std::string redacted() const;
};

// kInvalidUrl says what is wrong, without ever quoting the password. A path of "/"
// or none is vhost "/"; "/%2F" too; "/name" is vhost "name". Unknown query
// parameters are refused by name.
Result<Url> parse_url(std::string_view text);

}  // namespace bb::amqp
