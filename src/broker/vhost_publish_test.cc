// What VHost::publish() does with a message, and what it tells of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amqp/constants.h"
#include "broker/test_results.h"
#include "broker/test_storage.h"
#include "broker/vhost.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class VHostPublish : public testing::Test {
 protected:
  Queue& declare(std::string_view name, bool durable) {
    return **vhost_.declare_queue(name, {.durable = durable, .arguments = {}}, 1);
  }
  Result<PublishOutcome> publish(std::string_view exchange, std::string_view routing_key,
                                 bool persistent) {
    amqp::BasicProperties decoded;
    decoded.delivery_mode = persistent ? amqp::kPersistent : amqp::kTransient;
    Buffer properties;
    amqp::encode_properties(properties, decoded);
    return vhost_.publish({.exchange = exchange,
                           .routing_key = routing_key,
                           .properties = as_text(properties.view()),
                           .body = "body",
                           .decoded = decoded});
  }

  TestStorage storage_;
  BrokerContext context_{Options{}, storage_};
  VHost vhost_{"/", context_};
};

TEST_F(VHostPublish, APersistentMessageIsAppendedOnceForAllDurableQueues) {
  Queue& first = declare("first", true);
  Queue& second = declare("second", true);
  Queue& transient = declare("transient", false);
  for (Queue* queue : {&first, &second, &transient}) {
    ASSERT_TRUE(vhost_.bind(*queue, "amq.fanout", "", {}));
  }
  const auto outcome = publish("amq.fanout", "", true);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->routed);
  EXPECT_FALSE(outcome->refused);
  EXPECT_EQ(outcome->position, 1u);
  EXPECT_THAT(storage_.calls(), ElementsAre("append body for 1, 2"));
  for (Queue* queue : {&first, &second, &transient}) EXPECT_EQ(queue->message_count(), 1u);
}

TEST_F(VHostPublish, WhatNeedNotLastIsNotAppended) {
  declare("durable", true);
  declare("transient", false);
  for (const bool persistent : {false, true}) {
    const auto outcome = publish("", persistent ? "transient" : "durable", persistent);
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->routed);
    EXPECT_EQ(outcome->position, 0u);
  }
  EXPECT_THAT(storage_.calls(), IsEmpty());
}

TEST_F(VHostPublish, WhatTheStorageRefusesIsInNoQueue) {
  Queue& durable = declare("durable", true);
  Queue& transient = declare("transient", false);
  for (Queue* queue : {&durable, &transient}) {
    ASSERT_TRUE(vhost_.bind(*queue, "amq.fanout", "", {}));
  }
  storage_.fail_appends();
  const auto outcome = publish("amq.fanout", "", true);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->refused);
  EXPECT_EQ(durable.message_count() + transient.message_count(), 0u);
}

TEST_F(VHostPublish, TellsWhatNoQueueReceives) {
  const auto outcome = publish("amq.topic", "nobody", true);
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->routed);
  EXPECT_THAT(storage_.calls(), IsEmpty());
}

TEST_F(VHostPublish, RefusesExchangesThatDoNotExistOrAreInternal) {
  EXPECT_EQ(code_of(publish("missing", "", false)), ErrorCode::kNotFound);
  ASSERT_TRUE(vhost_.declare_exchange("inner", {.internal = true, .arguments = {}}));
  const auto refused = publish("inner", "", false);
  EXPECT_EQ(code_of(refused), ErrorCode::kAccessRefused);
  EXPECT_EQ(message_of(refused), "cannot publish to internal exchange 'inner' in vhost '/'");
}

}  // namespace
}  // namespace bb::broker
