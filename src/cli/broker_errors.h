// The errors of brokers, completed with what the user can do about them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "amqp/url.h"
#include "bloodbank/result.h"

namespace bb::cli {

// The URLs without passwords, with commas between.
std::string redacted(const std::vector<amqp::Url>& urls);

// `error`, met while using `exchange` at one of `urls`, as one line with a hint where there is one
// to give. `exchange` is what it is about where the error does not name it, or empty. `consequence`
// is what did not happen because of it ("the event was not published"), or empty. `time_option`
// allows more time.
Error explain(Error error, const std::vector<amqp::Url>& urls, std::string_view exchange,
              std::string_view consequence, std::string_view time_option = "--timeout");

}  // namespace bb::cli
