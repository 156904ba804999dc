#include "cli/broker_errors.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string explained(ErrorCode code, std::string message) {
  return explain({code, std::move(message)}, {amqp::Url()}, "events", "it was not published")
      .message;
}

TEST(BrokerErrors, OfAnExchangeOfAnotherKindPointToTheDoctor) {
  EXPECT_THAT(explained(ErrorCode::kPreconditionFailed,
                        "inequivalent arg 'type' for exchange 'events' in vhost '/': received "
                        "'topic' but current is 'fanout'"),
              HasSubstr("it was not published; bb doctor --exchange 'events' says what is wrong"));
}

TEST(BrokerErrors, NameTheExchangeThatTheyAreAbout) {
  const std::string message =
      "inequivalent arg 'type' for exchange 'of.the.spool' in vhost '/': received 'topic' but "
      "current is 'fanout'";
  for (const char* exchange : {"events", ""}) {
    EXPECT_THAT(
        explain({ErrorCode::kPreconditionFailed, message}, {amqp::Url()}, exchange, "").message,
        HasSubstr("; bb doctor --exchange 'of.the.spool' says"));
  }
}

TEST(BrokerErrors, OfTimeSpeakOfTheOptionThatGivesMore) {
  const Error late{ErrorCode::kTimeout, "no answer in time"};
  EXPECT_THAT(explain(late, {amqp::Url()}, "events", "").message, HasSubstr("with --timeout"));
  EXPECT_THAT(explain(late, {amqp::Url()}, "events", "", "--deadline").message,
              HasSubstr("more time with --deadline"));
}

TEST(BrokerErrors, OfOtherPreconditionsDoNotBlameTheExchange) {
  for (const char* message :
       {"message size 20 is larger than configured max size 10",
        "inequivalent arg 'durable' for queue 'q' in vhost '/': received 'true' but current is "
        "'false'"}) {
    EXPECT_THAT(explained(ErrorCode::kPreconditionFailed, message), Not(HasSubstr("doctor")));
  }
}

}  // namespace
}  // namespace bb::cli
