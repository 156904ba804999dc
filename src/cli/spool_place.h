// Which spool an event goes to: one for each broker and virtual host, in the data directory.
#pragma once

#include <string>

#include "amqp/url.h"
#include "bloodbank/result.h"
#include "cli/settings.h"

namespace bb::cli {

// "<data-dir>/spool/<host>:<port>%2F<vhost>", and makes the folders around it. The names of this
// machine ("127.0.0.1", "::1") are "localhost": they are one broker. kIo: it cannot be made.
Result<std::string> spool_folder(const std::string& data_dir, const amqp::Url& url);

}  // namespace bb::cli
