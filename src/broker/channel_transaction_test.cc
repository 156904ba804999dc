// When a transaction is answered; what it does is in tests/behaviour.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "broker/broker.h"
#include "broker/test_client.h"
#include "broker/test_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A client in transaction mode, and a durable queue "d" of id 1.
class ChannelTransaction : public testing::Test {
 protected:
  static Options options() {
    Options small;
    small.transaction_bytes_max = 4096;
    return small;
  }

  ChannelTransaction() {
    client.logs_in();
    client.declares("d", /*durable=*/true);
    client.sends(amqp::tx::Select{});
    client.received();
    storage.calls();
  }
  void commits() { client.sends(amqp::tx::Commit{}); }
  void becomes_durable() {
    storage.sync();
    broker.on_durable();
  }

  TestStorage storage;
  Broker broker{options(), storage};
  TestClient client{broker};
};

TEST_F(ChannelTransaction, ACommitWaitsForTheStorage) {
  client.publishes_persistent("d", "m1");
  EXPECT_THAT(storage.calls(), IsEmpty());
  commits();
  EXPECT_THAT(storage.calls(), ElementsAre("append m1 for 1"));
  EXPECT_THAT(client.received(), IsEmpty());
  becomes_durable();
  EXPECT_THAT(client.received(), ElementsAre("tx.commit-ok"));
}

TEST_F(ChannelTransaction, EveryCommitIsAnsweredInTheirOrder) {
  client.publishes_persistent("d", "m1");
  commits();
  client.publishes("d", "m2");
  commits();
  EXPECT_THAT(client.received(), IsEmpty());
  becomes_durable();
  EXPECT_THAT(client.received(), ElementsAre("tx.commit-ok", "tx.commit-ok"));
}

TEST_F(ChannelTransaction, ACommitOfNothingPersistentDoesNotWait) {
  client.publishes("d", "m1");
  commits();
  EXPECT_THAT(client.received(), ElementsAre("tx.commit-ok"));
}

TEST_F(ChannelTransaction, ACommitThatCannotBeKeptClosesTheChannel) {
  client.publishes_persistent("d", "m1");
  storage.fail_appends();
  commits();
  EXPECT_THAT(client.received(), ElementsAre("channel.close 406"));
}

TEST_F(ChannelTransaction, ACommitThatNeverBecomesDurableClosesTheChannel) {
  client.publishes_persistent("d", "m1");
  commits();
  broker.on_storage_failed();
  EXPECT_THAT(client.received(), ElementsAre("channel.close 541"));
}

TEST_F(ChannelTransaction, WhatItHoldsIsBounded) {
  for (int i = 0; i < 100; ++i) client.publishes("d", "");
  EXPECT_THAT(client.received(), ElementsAre("channel.close 406"));
}

TEST_F(ChannelTransaction, AChannelThatClosesPublishesNothingOfIt) {
  client.publishes_persistent("d", "m1");
  client.sends(amqp::channel::Close{});
  client.received();
  EXPECT_THAT(storage.calls(), IsEmpty());
}

}  // namespace
}  // namespace bb::broker
