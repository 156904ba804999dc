// The errors of brokers, completed with what the user can do about them.
#pragma once

#include <string>
#include <string_view>

#include "amqp/url.h"
#include "bloodbank/result.h"

namespace bb::cli {

// `error`, met while using `exchange` at `url`, as one line with a hint where there is one to give.
// `consequence` is what did not happen because of it ("the event was not published"), or empty.
Error explain(Error error, const amqp::Url& url, std::string_view exchange,
              std::string_view consequence);

}  // namespace bb::cli
