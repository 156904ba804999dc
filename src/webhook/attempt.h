// What the outcome of one attempt to deliver an event means: Standard Webhooks 1.0.0, "Delivery
// success and failure". No sockets and no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bb::webhook {

// However long an endpoint asks to be left alone. A day would be a typing error more often than a
// wish, and nobody could tell it from a delivery that has stopped.
inline constexpr std::chrono::seconds kRetryAfterMax = std::chrono::hours(1);

// What one POST came to.
struct AttemptResult {
  enum class Kind : std::uint8_t {
    kAnswered,        // `status` and `retry_after` are the answer's
    kTimedOut,        // no answer in time
    kUnreachable,     // no such host, refused, TLS failed, closed without an answer, not HTTP
    kAddressRefused,  // every address of the host is one that may not be connected to
    kUnsendable,      // nothing was sent: the event's id cannot be a webhook-id
  };

  // Not an aggregate: g++ 12 destroys those twice in a co_await expression.
  AttemptResult(Kind what, std::string why) : kind(what), problem(std::move(why)) {}
  AttemptResult(unsigned answered, std::string after)
      : kind(Kind::kAnswered), status(answered), retry_after(std::move(after)) {}

  Kind kind;
  unsigned status = 0;      // kAnswered: 100 to 999
  std::string retry_after;  // kAnswered: the header's value, as it came; empty for none
  std::string problem;      // otherwise: one line that says what was wrong
};

// What to do about it.
struct Verdict {
  enum class Action : std::uint8_t {
    kDelivered,  // done with the event
    kRetry,      // again later
    kGiveUp,     // never: the event cannot be sent to anybody
    kDisable,    // 410: the endpoint wants no more events, this one included
  };
  // kRetry: what is likely to be at fault. Nobody knows for sure, so it decides about patience
  // only.
  enum class Blame : std::uint8_t {
    kEndpoint,  // it is down, overloaded, or not where it should be: others would fare the same
    kEvent,     // it was looked at and refused: others may well be taken
  };

  Action action = Action::kDelivered;
  Blame blame = Blame::kEndpoint;
  std::chrono::seconds retry_after{0};  // kRetry: no sooner than this, from now; 0 to maximum
  std::string reason;            // one line without the endpoint's own words; empty when delivered
  bool address_refused = false;  // the reason is that of kAddressRefused
};

// A 2xx is delivered and a 410 disables. All else is tried again: a redirect is not followed (it
// would take the event to where nobody said, past the check of addresses) but may be repaired, and
// so may a 404. Retry-After counts with every status from 400 on, bounded by `retry_after_max`;
// `now` is for one that is a date.
Verdict judge(const AttemptResult& result, std::chrono::sys_seconds now,
              std::chrono::seconds retry_after_max = kRetryAfterMax);

// RFC 9110 §10.2.3: digits, or an HTTP-date, which is counted from `now` and gives 0 when it has
// passed. nullopt for all else. Never negative; more digits than fit give the largest value.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::sys_seconds now);

}  // namespace bb::webhook
