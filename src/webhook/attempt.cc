#include "webhook/attempt.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "webhook/http_date.h"

namespace bb::webhook {
namespace {

using std::chrono::seconds;
using Action = Verdict::Action;
using Blame = Verdict::Blame;

constexpr bool is_success(unsigned status) {
  return status >= 200 && status < 300;
}

constexpr bool is_redirect(unsigned status) {
  return status >= 300 && status < 400;
}

// Of the 4xx, those that speak of the endpoint or of how fast it is asked, whatever the event.
constexpr bool is_about_endpoint(unsigned status) {
  switch (status) {
    case 401:  // Unauthorized
    case 403:  // Forbidden
    case 404:  // Not Found
    case 405:  // Method Not Allowed
    case 407:  // Proxy Authentication Required
    case 408:  // Request Timeout
    case 421:  // Misdirected Request
    case 425:  // Too Early
    case 426:  // Upgrade Required
    case 429:  // Too Many Requests
      return true;
    default:
      return status < 400 || status >= 500;
  }
}

std::string reason_for(unsigned status) {
  if (is_redirect(status)) {
    return fmt::format(
        "answered {}, a redirect, which is not followed: give the URL that it leads to", status);
  }
  switch (status) {
    case 401:
    case 403:
      return fmt::format("answered {}: does it have the same secret?", status);
    case 410:
      return "answered 410: it wants no more events";
    case 413:
      return "answered 413: the event is too large for it";
    case 429:
      return "answered 429: too many requests";
    default:
      return fmt::format("answered {}", status);
  }
}

}  // namespace

Verdict judge(const AttemptResult& result, std::chrono::sys_seconds now, seconds retry_after_max) {
  Verdict verdict;
  if (result.kind == AttemptResult::Kind::kAnswered) {
    if (is_success(result.status)) return verdict;
    verdict.action = result.status == 410 ? Action::kDisable : Action::kRetry;
    verdict.blame = is_about_endpoint(result.status) ? Blame::kEndpoint : Blame::kEvent;
    verdict.reason = reason_for(result.status);
    if (result.status >= 400) {
      const auto asked = parse_retry_after(result.retry_after, now);
      verdict.retry_after = std::clamp(asked.value_or(seconds(0)), seconds(0), retry_after_max);
    }
    return verdict;
  }
  const bool unsendable = result.kind == AttemptResult::Kind::kUnsendable;
  verdict.action = unsendable ? Action::kGiveUp : Action::kRetry;
  verdict.blame = unsendable ? Blame::kEvent : Blame::kEndpoint;
  verdict.reason = result.problem;
  verdict.address_refused = result.kind == AttemptResult::Kind::kAddressRefused;
  return verdict;
}

std::optional<seconds> parse_retry_after(std::string_view value, std::chrono::sys_seconds now) {
  if (!value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
    seconds::rep count = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
    return error == std::errc{} ? seconds(count) : seconds::max();
  }
  const auto date = parse_http_date(value, now);
  if (!date) return std::nullopt;
  return std::max(*date - now, seconds(0));
}

}  // namespace bb::webhook
