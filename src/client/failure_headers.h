// The headers of an event that a consumer failed to handle: in a delay queue while it waits for its
// next attempt, and in the dead-letter queue after the last. Beside them the message is as it was
// published: properties, other headers and body.
//
//   <queue>               the service's queue
//   <queue>.retry.<ms>    a delay queue: its messages return to <queue> after so many milliseconds
//   <queue>.dlq           the dead-letter queue
#pragma once

#include <string_view>

namespace bb::client {

// Text: the queue it failed in, and goes back to.
inline constexpr std::string_view kFailedQueueHeader = "bb-queue";
// Text: what it was published to and with, because the way back is the default exchange.
inline constexpr std::string_view kFailedExchangeHeader = "bb-exchange";
inline constexpr std::string_view kFailedRoutingKeyHeader = "bb-routing-key";
// Whole number: how many attempts have failed since it was published or redriven.
inline constexpr std::string_view kAttemptsHeader = "bb-attempts";
// Whole number: how many attempts since then asked to be made again later, which is no failure.
inline constexpr std::string_view kDeferralsHeader = "bb-deferrals";
// Text, one line: what the last attempt ended with.
inline constexpr std::string_view kErrorHeader = "bb-error";
// Text: who made it, "<service>@<host>:<pid>".
inline constexpr std::string_view kConsumerHeader = "bb-consumer";
// Text, RFC 3339 in UTC: of the first attempt that failed, and of the last.
inline constexpr std::string_view kFirstFailedAtHeader = "bb-first-failed-at";
inline constexpr std::string_view kFailedAtHeader = "bb-failed-at";
// Of dead letters alone. Text: why there is no further attempt.
inline constexpr std::string_view kReasonHeader = "bb-reason";
inline constexpr std::string_view kReasonAttempts = "attempts";      // all of them failed
inline constexpr std::string_view kReasonRejected = "rejected";      // the handler wants no other
inline constexpr std::string_view kReasonUnreadable = "unreadable";  // it is no event
// Whole number: how often `bb dlq retry` has sent it back.
inline constexpr std::string_view kRedrivesHeader = "bb-redrives";

inline constexpr std::string_view kDeadLetterQueueSuffix = ".dlq";
inline constexpr std::string_view kDelayQueueInfix = ".retry.";

}  // namespace bb::client
