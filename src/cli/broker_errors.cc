#include "cli/broker_errors.h"

#include <fmt/format.h>

#include <utility>

namespace bb::cli {
namespace {

// X of "inequivalent arg 'type' for exchange 'X' in vhost '/': ...", `other` where it is put in
// another way; "" if it is about something else.
std::string_view refused_exchange(std::string_view message, std::string_view other) {
  constexpr std::string_view kBefore = " for exchange '";
  if (!message.contains("inequivalent arg") || !message.contains("for exchange")) return "";
  const std::size_t before = message.find(kBefore);
  if (before == std::string_view::npos) return other;
  const std::string_view name = message.substr(before + kBefore.size());
  return name.substr(0, name.find("' in vhost"));
}

std::string hint(const Error& error, std::string_view exchange, std::string_view time_option) {
  if (error.code == ErrorCode::kTimeout) {
    return fmt::format("see 'bb doctor', or allow more time with {}", time_option);
  }
  // There are other preconditions: a message that is too large, a queue of another kind.
  if (error.code != ErrorCode::kPreconditionFailed) return "";
  const std::string_view refused = refused_exchange(error.message, exchange);
  if (refused.empty()) return "";
  return fmt::format("bb doctor --exchange '{}' says what is wrong with it", refused);
}

}  // namespace

std::string redacted(const std::vector<amqp::Url>& urls) {
  std::string text;
  for (const amqp::Url& url : urls) text += (text.empty() ? "" : ", ") + url.redacted();
  return text;
}

Error explain(Error error, const std::vector<amqp::Url>& urls, std::string_view exchange,
              std::string_view consequence, std::string_view time_option) {
  if (error.code == ErrorCode::kTimeout) {
    error.message = fmt::format("{}: {}", redacted(urls), error.message);
  }
  if (!consequence.empty()) error.message += fmt::format("; {}", consequence);
  const std::string advice = hint(error, exchange, time_option);
  if (!advice.empty()) error.message += fmt::format("; {}", advice);
  return error;
}

}  // namespace bb::cli
