#pragma once

#include <string>

#include "amqp/url.h"
#include "bloodbank/result.h"
#include "client/http_url.h"

namespace bb {

// The URL of a management API, as the broker's user where it names none. kInvalidUrl.
Result<client::HttpUrl> management_api(const std::string& text, const amqp::Url& broker);

}  // namespace bb
