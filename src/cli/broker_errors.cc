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

std::string redacted(const std::vector<amqp::Url>& urls) {
  std::string text;
  for (const amqp::Url& url : urls) text += (text.empty() ? "" : ", ") + url.redacted();
  return text;
}

Error explain(Error error, const std::vector<amqp::Url>& urls, std::string_view exchange,
              std::string_view consequence) {
  if (error.code == ErrorCode::kTimeout) {
    error.message = fmt::format("{}: {}", redacted(urls), error.message);
  }
  if (!consequence.empty()) error.message += fmt::format("; {}", consequence);
  const std::string advice = hint(error, exchange);
  if (!advice.empty()) error.message += fmt::format("; {}", advice);
  return error;
}

}  // namespace bb::cli
