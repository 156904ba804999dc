// The x-arguments of queue.declare: values that are refused, and in which words.
#include <fmt/format.h>

#include "behaviour/behaviour_test_case.h"

namespace bb::test {
namespace {

using amqp::queue::Declare;

BB_BEHAVIOUR_SUITE(QueueArguments);

struct Refusal {
  amqp::FieldTable arguments;
  std::string_view text;  // {0}: the name of the queue
};

class RefusedArguments : public QueueArguments {
 public:
  void expect_refused(const Refusal& refusal) {
    SCOPED_TRACE(refusal.text);
    WireChannel channel = connected_channel();
    const std::string queue = unique("queue");
    channel.send(Declare{.queue = queue, .durable = true, .arguments = refusal.arguments});
    const std::string what = fmt::format("queue '{}' in vhost '/'", queue);
    channel.expect_closed(406,
                          "PRECONDITION_FAILED - " + fmt::format(fmt::runtime(refusal.text), what),
                          Declare::kId);
  }
};
INSTANTIATE_TEST_SUITE_P(, RefusedArguments, testing::Values("core", "bb", "rabbitmq"), broker_of);

TEST_P(RefusedArguments, NumbersOutOfRange) {
  const Refusal refusals[] = {
      {{{"x-message-ttl", -1}}, "invalid arg 'x-message-ttl' for {}: {{value_negative,-1}}"},
      {{{"x-message-ttl", std::int64_t{315'360'000'001}}},
       "invalid arg 'x-message-ttl' for {}: {{value_too_large,315360000001}}"},
      {{{"x-expires", 0}}, "invalid arg 'x-expires' for {}: {{value_zero,0}}"},
      {{{"x-expires", -5}}, "invalid arg 'x-expires' for {}: {{value_negative,-5}}"},
      {{{"x-max-length", -1}}, "invalid arg 'x-max-length' for {}: {{value_negative,-1}}"},
      {{{"x-max-length-bytes", -1}},
       "invalid arg 'x-max-length-bytes' for {}: {{value_negative,-1}}"},
      {{{"x-max-priority", 256}},
       "invalid arg 'x-max-priority' for {}: {{max_value_exceeded,256}}"},
      {{{"x-max-priority", -1}}, "invalid arg 'x-max-priority' for {}: {{value_negative,-1}}"},
      {{{"x-queue-version", 3}},
       "invalid arg 'x-queue-version' for {}: \"unsupported queue version '3'\""},
      {{{"x-queue-type", "quorum"}, {"x-quorum-initial-group-size", 0}},
       "invalid arg 'x-quorum-initial-group-size' for {}: {{value_zero,0}}"},
      {{{"x-queue-type", "quorum"}, {"x-max-in-memory-length", -1}},
       "invalid arg 'x-max-in-memory-length' for {}: {{value_negative,-1}}"},
      {{{"x-queue-type", "stream"}, {"x-initial-cluster-size", 0}},
       "invalid arg 'x-initial-cluster-size' for {}: {{value_zero,0}}"},
      {{{"x-queue-type", "stream"},
        {"x-stream-max-segment-size-bytes", std::int64_t{3'000'000'001}}},
       "Exceeded max value for x-stream-max-segment-size-bytes"},
  };
  for (const Refusal& refusal : refusals) expect_refused(refusal);
}

TEST_P(RefusedArguments, ValuesOfTheWrongType) {
  const Refusal refusals[] = {
      {{{"x-message-ttl", "60"}},
       "invalid arg 'x-message-ttl' for {}: \"expected integer, got longstr\""},
      {{{"x-expires", 1.5}}, "invalid arg 'x-expires' for {}: \"expected integer, got double\""},
      {{{"x-max-length", true}},
       "invalid arg 'x-max-length' for {}: \"expected integer, got bool\""},
      {{{"x-dead-letter-exchange", 5}},
       "invalid type 'signedint' for arg 'x-dead-letter-exchange' in {}"},
      {{{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", 5}},
       "invalid arg 'x-dead-letter-routing-key' for {}: {{unacceptable_type,signedint}}"},
      {{{"x-overflow", 1}}, "invalid arg 'x-overflow' for {}: {{unacceptable_type,signedint}}"},
      {{{"x-single-active-consumer", "true"}},
       "invalid arg 'x-single-active-consumer' for {}: {{unacceptable_type,longstr}}"},
      {{{"x-queue-type", "quorum"}, {"x-dead-letter-strategy", 1}},
       "invalid arg 'x-dead-letter-strategy' for {}: {{unacceptable_type,signedint}}"},
      {{{"x-queue-type", "stream"}, {"x-max-age", 5}},
       "invalid arg 'x-max-age' for {}: {{unacceptable_type,signedint}}"},
      {{{"x-queue-type", "stream"}, {"x-queue-leader-locator", 5}},
       "invalid arg 'x-queue-leader-locator' for {}: {{unacceptable_type,signedint}}"},
  };
  for (const Refusal& refusal : refusals) expect_refused(refusal);
}

TEST_P(RefusedArguments, UnknownWords) {
  const Refusal refusals[] = {
      {{{"x-overflow", "spill"}}, "invalid arg 'x-overflow' for {}: invalid_overflow"},
      {{{"x-queue-type", "quorum"}, {"x-dead-letter-strategy", "twice"}},
       "invalid arg 'x-dead-letter-strategy' for {}: invalid_dlx_strategy"},
      {{{"x-queue-type", "quorum"}, {"x-queue-leader-locator", "here"}},
       "invalid arg 'x-queue-leader-locator' for {}: invalid_queue_locator_arg"},
      {{{"x-queue-type", "stream"}, {"x-max-age", "5w"}},
       "invalid arg 'x-max-age' for {}: invalid_max_age"},
      {{{"x-queue-type", "stream"}, {"x-max-age", "0D"}},
       "invalid arg 'x-max-age' for {}: invalid_max_age"},
  };
  for (const Refusal& refusal : refusals) expect_refused(refusal);
}

TEST_P(RefusedArguments, WhatTheTypeOfQueueDoesNotHave) {
  const Refusal refusals[] = {
      {{{"x-delivery-limit", 5}},
       "invalid arg 'x-delivery-limit' for {} of queue type rabbit_classic_queue"},
      {{{"x-max-age", "1D"}}, "invalid arg 'x-max-age' for {} of queue type rabbit_classic_queue"},
      {{{"x-dead-letter-strategy", "at-most-once"}},
       "invalid arg 'x-dead-letter-strategy' for {} of queue type rabbit_classic_queue"},
      {{{"x-queue-type", "quorum"}, {"x-max-priority", 5}},
       "invalid arg 'x-max-priority' for {} of queue type rabbit_quorum_queue"},
      {{{"x-queue-type", "quorum"}, {"x-queue-mode", "lazy"}},
       "invalid arg 'x-queue-mode' for {} of queue type rabbit_quorum_queue"},
      {{{"x-queue-type", "stream"}, {"x-message-ttl", 5}},
       "invalid arg 'x-message-ttl' for {} of queue type rabbit_stream_queue"},
  };
  for (const Refusal& refusal : refusals) expect_refused(refusal);
}

TEST_P(RefusedArguments, ADeadLetterKeyWithoutAnExchange) {
  expect_refused(
      {{{"x-dead-letter-routing-key", "key"}},
       "invalid arg 'x-dead-letter-routing-key' for {}: routing_key_but_no_dlx_defined"});
}

TEST_P(QueueArguments, AMadeUpNameIsForClassicQueues) {
  WireChannel channel = connected_channel();
  channel.send(Declare{.durable = true, .arguments = {{"x-queue-type", "quorum"}}});
  channel.expect_closed(
      406, "PRECONDITION_FAILED - Cannot declare a server-named queue for type rabbit_quorum_queue",
      Declare::kId);
}

TEST_P(QueueArguments, WhatMeansNothingOnOneMachineIsTaken) {
  WireChannel channel = connected_channel();
  const std::string classic = unique("classic");
  channel.declare({.queue = classic,
                   .exclusive = true,
                   .arguments = {{"x-queue-mode", "lazy"},
                                 {"x-queue-version", 2},
                                 {"x-queue-master-locator", "min-masters"}}});
  const std::string quorum = unique("quorum");
  channel.declare({.queue = quorum,
                   .durable = true,
                   .arguments = {{"x-queue-type", "quorum"},
                                 {"x-quorum-initial-group-size", 3},
                                 {"x-max-in-memory-length", 10},
                                 {"x-max-in-memory-bytes", 10},
                                 {"x-queue-leader-locator", "balanced"}}});
  channel.call(amqp::queue::Delete{.queue = quorum});
}

TEST_P(QueueArguments, NumbersAreTheSameByValue) {
  WireChannel channel = connected_channel();
  const std::string queue = unique("queue");
  channel.declare(
      {.queue = queue, .exclusive = true, .arguments = {{"x-queue-version", std::int8_t{2}}}});
  channel.declare(
      {.queue = queue, .exclusive = true, .arguments = {{"x-queue-version", std::int64_t{2}}}});
  channel.send(Declare{.queue = queue, .exclusive = true, .arguments = {{"x-queue-version", 1}}});
  channel.expect_closed(406, inequivalent("x-queue-version", "queue", queue, "'1'", "'2'"),
                        Declare::kId);
}

}  // namespace
}  // namespace bb::test
