// Which spool an event goes to: one for each broker and virtual host, in the data directory.
#pragma once

#include <cstdint>
#include <string>

#include "amqp/url.h"
#include "bloodbank/result.h"

namespace bb::client {

// "<data-dir>/spool": of one user's publishers, for all brokers.
std::string spools_folder(const std::string& data_dir);

// "<data-dir>/spool/<host>:<port>%2F<vhost>". The names of this machine ("127.0.0.1", "::1") are
// "localhost": they are one broker.
std::string spool_path(const std::string& data_dir, const std::string& host, std::uint16_t port,
                       const std::string& vhost);

// The same, and makes the folders around it. kIo: it cannot be made.
Result<std::string> spool_folder(const std::string& data_dir, const amqp::Url& url);

}  // namespace bb::client
