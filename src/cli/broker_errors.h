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
// to give. `consequence` is what did not happen because of it ("the event was not published"), or
// empty.
Error explain(Error error, const std::vector<amqp::Url>& urls, std::string_view exchange,
              std::string_view consequence);

}  // namespace bb::cli
