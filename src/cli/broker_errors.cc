#include "cli/broker_errors.h"

#include <fmt/format.h>

#include <utility>

namespace bb::cli {
namespace {

std::string hint(const Error& error, std::string_view exchange) {
  switch (error.code) {
    case ErrorCode::kTimeout:
      return "see 'bb doctor', or allow more time with --timeout";
    case ErrorCode::kPreconditionFailed:
      // There are others: a message that is too large, a queue of another kind.
      if (!error.message.contains("inequivalent arg") || !error.message.contains("for exchange")) {
        return "";
      }
      return fmt::format("'bb doctor' says what is wrong with the exchange '{}'", exchange);
    default:
      return "";
  }
}

}  // namespace

Error explain(Error error, const amqp::Url& url, std::string_view exchange,
              std::string_view consequence) {
  if (error.code == ErrorCode::kTimeout) {
    error.message = fmt::format("{}: {}", url.redacted(), error.message);
  }
  if (!consequence.empty()) error.message += fmt::format("; {}", consequence);
  const std::string advice = hint(error, exchange);
  if (!advice.empty()) error.message += fmt::format("; {}", advice);
  return error;
}

}  // namespace bb::cli
