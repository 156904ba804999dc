#include "webhook/attempt.h"

#include <gmock/gmock.h>

namespace bb::webhook {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using Action = Verdict::Action;
using Blame = Verdict::Blame;
using Kind = AttemptResult::Kind;
using namespace std::chrono_literals;

// Sun, 01 Mar 2026 00:00:00 GMT
constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days(2026y / 3 / 1);

Verdict answered(unsigned status, std::string retry_after = "") {
  return judge(AttemptResult(status, std::move(retry_after)), kNow);
}

TEST(Verdict, DeliveredByEvery2xxAndNothingElse) {
  for (unsigned status = 100; status < 1000; ++status) {
    EXPECT_EQ(answered(status).action == Action::kDelivered, status >= 200 && status <= 299)
        << status;
  }
}

TEST(Verdict, GoneDisablesAndNothingElseDoes) {
  for (unsigned status = 100; status < 1000; ++status) {
    EXPECT_EQ(answered(status).action == Action::kDisable, status == 410) << status;
  }
  EXPECT_THAT(answered(410).reason, HasSubstr("410"));
}

TEST(Verdict, RedirectsAreTriedAgainAndNotFollowed) {
  for (const unsigned status : {300u, 301u, 302u, 303u, 304u, 307u, 308u, 399u}) {
    const Verdict verdict = answered(status, "120");
    EXPECT_EQ(verdict.action, Action::kRetry) << status;
    EXPECT_EQ(verdict.blame, Blame::kEndpoint);
    EXPECT_THAT(verdict.reason, HasSubstr("not followed"));
    EXPECT_EQ(verdict.retry_after, 0s);
  }
}

TEST(Verdict, BlamesTheEventForWhatWasLookedAtAndRefused) {
  for (const unsigned status : {400u, 409u, 413u, 415u, 418u, 422u, 451u}) {
    EXPECT_EQ(answered(status).action, Action::kRetry) << status;
    EXPECT_EQ(answered(status).blame, Blame::kEvent) << status;
  }
  for (const unsigned status :
       {401u, 403u, 404u, 405u, 408u, 425u, 429u, 500u, 502u, 503u, 504u, 599u}) {
    EXPECT_EQ(answered(status).action, Action::kRetry) << status;
    EXPECT_EQ(answered(status).blame, Blame::kEndpoint) << status;
  }
}

TEST(Verdict, FailuresWithoutAnAnswerAreTheEndpoints) {
  for (const Kind kind : {Kind::kTimedOut, Kind::kUnreachable, Kind::kAddressRefused}) {
    const Verdict verdict = judge(AttemptResult(kind, "why"), kNow);
    EXPECT_EQ(verdict.action, Action::kRetry);
    EXPECT_EQ(verdict.blame, Blame::kEndpoint);
    EXPECT_EQ(verdict.reason, "why");
    EXPECT_EQ(verdict.address_refused, kind == Kind::kAddressRefused);
  }
}

TEST(Verdict, GivesUpWhatCannotBeSent) {
  const Verdict verdict = judge(AttemptResult(Kind::kUnsendable, "why"), kNow);
  EXPECT_EQ(verdict.action, Action::kGiveUp);
  EXPECT_EQ(verdict.reason, "why");
}

TEST(Verdict, HonoursRetryAfterUpToAMaximum) {
  EXPECT_EQ(answered(429, "120").retry_after, 120s);
  EXPECT_EQ(answered(503, "0").retry_after, 0s);
  EXPECT_EQ(answered(503, "Sun, 01 Mar 2026 00:01:40 GMT").retry_after, 100s);
  EXPECT_EQ(answered(500, "7").retry_after, 7s);
  EXPECT_EQ(answered(503, "86400").retry_after, kRetryAfterMax);
  EXPECT_EQ(answered(503, "99999999999999999999999").retry_after, kRetryAfterMax);
  EXPECT_EQ(answered(503, "Fri, 31 Dec 9999 23:59:59 GMT").retry_after, kRetryAfterMax);
  EXPECT_EQ(answered(503, "soon").retry_after, 0s);
  EXPECT_EQ(judge(AttemptResult(503, "120"), kNow, 60s).retry_after, 60s);
}

TEST(RetryAfter, IsDigitsOrADate) {
  EXPECT_EQ(parse_retry_after("0", kNow), 0s);
  EXPECT_EQ(parse_retry_after("007", kNow), 7s);
  EXPECT_EQ(parse_retry_after("Sun, 01 Mar 2026 00:00:01 GMT", kNow), 1s);
  EXPECT_EQ(parse_retry_after("Sat, 28 Feb 2026 23:59:59 GMT", kNow), 0s);
  EXPECT_EQ(parse_retry_after("Sunday, 01-Mar-26 00:00:01 GMT", kNow), 1s);
  EXPECT_EQ(parse_retry_after("18446744073709551616", kNow), seconds::max());
  for (const char* text : {"", "-1", "+1", "1.5", "1s", " 1", "1 ", "0x10", "never"}) {
    EXPECT_FALSE(parse_retry_after(text, kNow)) << text;
  }
}

}  // namespace
}  // namespace bb::webhook
