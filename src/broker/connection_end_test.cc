// The end of a connection as the client and others see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/test_client.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ConnectionEnd : public testing::Test {
 protected:
  static Options options() {
    Options options;
    options.memory_bytes_max = 1000;
    return options;
  }

  MemoryStorage storage;
  Broker broker{options(), storage};
};

TEST_F(ConnectionEnd, WhatOneChannelPutsBackIsNotGivenToAnother) {
  TestClient client{broker};
  client.logs_in();
  client.declares("q");
  client.publishes("q", "m");
  client.consumes("q");
  EXPECT_THAT(client.received(), ElementsAre("basic.deliver 1 m"));
  client.sends(amqp::channel::Open{}, 2);
  client.sends(amqp::basic::Consume{.queue = "q", .consumer_tag = "c", .no_wait = true}, 2);
  EXPECT_THAT(client.received(), ElementsAre("channel.open-ok"));
  client.sends(amqp::basic::Qos{}, 0);
  EXPECT_THAT(client.received(), ElementsAre("connection.close 504"));
}

TEST_F(ConnectionEnd, WhatItPutsBackGoesToOthers) {
  TestClient client{broker};
  client.logs_in();
  client.declares("q");
  client.publishes("q", "m");
  client.consumes("q");
  TestClient other{broker};
  other.logs_in();
  other.consumes("q");
  EXPECT_THAT(other.received(), IsEmpty());
  client.vanishes();
  EXPECT_THAT(other.received(), ElementsAre("basic.deliver 1 m"));
}

// The answer to the broker's goodbye has to be read.
TEST_F(ConnectionEnd, ABlockedPublisherIsReadAgainOnceItIsToBeClosed) {
  TestClient publisher{broker};
  publisher.logs_in({.hears_of_blocking = true});
  publisher.declares("q");
  publisher.publishes("q", body_of("m", 2000));
  ASSERT_TRUE(publisher.connection().reading_paused());
  broker.shut_down();
  EXPECT_FALSE(publisher.connection().reading_paused());
  EXPECT_THAT(publisher.received(), ElementsAre("connection.blocked", "connection.close 320"));
  publisher.sends(amqp::connection::CloseOk{}, 0);
  EXPECT_TRUE(publisher.connection().finished());
}

}  // namespace
}  // namespace bb::broker
