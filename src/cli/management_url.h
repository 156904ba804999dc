// Where a broker's management API is, and as whom to use it.
#pragma once

#include <string>

#include "bloodbank/result.h"
#include "cli/settings.h"
#include "client/http_url.h"

namespace bb::cli {

struct ManagementTarget {
  client::HttpUrl url;  // with a user; without a password where nothing says it
  std::string vhost;    // of the AMQP URL: the one to work in where none is named
};

// BB_HTTP_URL or its flag, else the host of the AMQP URL (RABBIT_URL) at HTTP_PORT, else
// http://127.0.0.1:8682. User and password are those of that URL, then those of the AMQP URL if it
// is about the same host, then guest's. What an amqps URL protects goes over https alone.
//
// Of several AMQP URLs the first counts. The TLS parameters of an https URL are its own (in its
// query, as in an AMQP URL), or else those of an amqps URL for the same host.
// `amqp_flag` is --url of a command that has it, in place of RABBIT_URL.
//
// kInvalidUrl for either URL, kUsage for HTTP_PORT, with the setting's name.
Result<ManagementTarget> management_target(const Settings& settings, const Settings::Flag& flag,
                                           const Settings::Flag& amqp_flag = std::nullopt);

}  // namespace bb::cli
