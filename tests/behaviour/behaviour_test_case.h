// What the behaviour tests share: each runs against every broker.
//
//   core      the sans-io broker core, in this process, with a simulated clock
//   bb        a `bb serve`, at the URL in the file that BB_TEST_BB_URL_FILE names
//   rabbitmq  a RabbitMQ, at the URL in the file that BB_TEST_RABBITMQ_URL_FILE names
//
// What a test expects is what RabbitMQ does. Where texts differ for a reason, the test says why.
#pragma once

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "support/wire_client_channel.h"

namespace bb::test {

// A broker by its name above. Throws when it is not there: a test without its server fails.
std::unique_ptr<TestBroker> find_broker(std::string_view name);

class BehaviourTest : public testing::TestWithParam<std::string_view> {
 protected:
  BehaviourTest() : broker_(find_broker(GetParam())) {}

  bool is_rabbitmq() const { return GetParam() == "rabbitmq"; }

  // A line to the broker on which nothing has been said.
  WireClient& dial();
  // A connection that is open.
  WireClient& connect(const Handshake& handshake = {}, Where where = Where::current());
  // Opens a channel of a connection.
  WireChannel open_channel(WireClient& client, std::uint16_t number = 1,
                           Where where = Where::current());
  // A channel of a connection of its own.
  WireChannel connected_channel(Where where = Where::current());

  // A name that no other test uses, in this run or another.
  std::string unique(std::string_view label);
  // An exchange that goes with its last binding.
  std::string declare_exchange(WireChannel channel, std::string_view type,
                               Where where = Where::current());

 private:
  std::unique_ptr<TestBroker> broker_;
  std::list<WireClient> clients_;  // they go before the broker
};

// RabbitMQ's texts that many tests wait for.
std::string no_queue(std::string_view name);
std::string no_exchange(std::string_view name);
// `received` and `current` come with their quotes.
std::string inequivalent(std::string_view argument, std::string_view kind, std::string_view name,
                         std::string_view received, std::string_view current);

inline std::string broker_of(const testing::TestParamInfo<std::string_view>& run) {
  return std::string(run.param);
}

// The class of a suite and, with it, its runs: BB_BEHAVIOUR_SUITE(QueueBehaviour);
#define BB_BEHAVIOUR_SUITE(suite) BB_SUITE_OF(suite, "core", "bb", "rabbitmq")
// A suite of what RabbitMQ does otherwise, or not at all.
#define BB_OWN_SUITE(suite) BB_SUITE_OF(suite, "core", "bb")

#define BB_SUITE_OF(suite, ...)                      \
  class suite : public ::bb::test::BehaviourTest {}; \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::Values(__VA_ARGS__), ::bb::test::broker_of)

}  // namespace bb::test
