// The history of the events exchange.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amqp/return_text.h"
#include "broker/history.h"
#include "broker/test_log_storage.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;

constexpr const char* kEvents = "events";
constexpr const char* kHistory = "events.history";

class HistoryTest : public LogStorageTest {
 protected:
  HistoryTest() {
    end();
    broker_options.events_exchange = kEvents;
    broker_options.events_history = HistoryLimits{.bytes_max = 64 << 20, .age_max = "2D"};
    start_with_history();
  }
  // As the server does.
  void start_with_history() {
    start();
    client->sends(amqp::exchange::Declare{
        .exchange = kEvents, .type = "topic", .durable = true, .no_wait = true});
    ASSERT_TRUE(vhost().keep_history());
  }
  void restart() {
    sync();
    end();
    disk.kill();
    start_with_history();
  }
  VHost& vhost() { return *broker->find_vhost("/"); }
  const Queue& history() { return *vhost().peek_queue(kHistory); }
  // An event that has to get somewhere: what the client hears of it, but the confirm.
  std::string publish(std::string_view key, std::string_view exchange = kEvents) {
    client->sends(
        amqp::basic::Publish{.exchange = exchange, .routing_key = key, .mandatory = true});
    Buffer content;
    amqp::encode_content(content, TestClient::kChannel, as_bytes(std::string_view("\0\0", 2)),
                         as_bytes(std::string_view("event")), amqp::kDefaultFrameMaxBytes);
    client->sends_bytes(as_text(content.view()));
    const std::string output = client->takes_output();
    client->has_written();
    amqp::FrameReader frames(amqp::kDefaultFrameMaxBytes);
    frames.feed(as_bytes(output));
    const auto frame = *frames.next();
    if (!frame || frame->type != amqp::FrameType::kMethod) return "";
    const auto method = *amqp::decode_method(frame->payload);
    const auto* returned = std::get_if<amqp::basic::Return>(&method);
    return returned == nullptr ? "" : std::string(returned->reply_text);
  }
};

TEST_F(HistoryTest, IsAStreamOfAllThatIsPublished) {
  EXPECT_TRUE(history().is_stream());
  EXPECT_TRUE(history().is_history());
  EXPECT_EQ(history().properties().arguments,
            history_properties(*broker_options.events_history).arguments);
  publish("a.b.c");
  publish("x");
  EXPECT_EQ(history().message_count(), 2u);
  restart();
  EXPECT_EQ(history().message_count(), 2u);
  publish("y");
  EXPECT_EQ(history().message_count(), 3u);
}

TEST_F(HistoryTest, AloneItIsNoRoute) {
  EXPECT_EQ(publish("a"), amqp::kKeptInHistory);
  client->declares("q");
  client->sends(
      amqp::queue::Bind{.queue = "q", .exchange = kEvents, .routing_key = "a", .no_wait = true});
  EXPECT_EQ(publish("a"), "");
  EXPECT_EQ(publish("b"), amqp::kKeptInHistory);
  EXPECT_EQ(publish("b", "amq.direct"), amqp::kNoRoute);
  EXPECT_EQ(broker->counters().unroutable, 3u);
  EXPECT_EQ(history().message_count(), 3u);
}

TEST_F(HistoryTest, IsConfirmedOnceItIsDurable) {
  client->asks_for_confirms();
  client->publishes({{.exchange = kEvents, .routing_key = "a", .body = "m"}});
  EXPECT_TRUE(client->received().empty());
  sync();
  EXPECT_THAT(client->received(), ElementsAre("basic.ack 1"));
}

TEST_F(HistoryTest, AnAlternateExchangeGetsWhatItAloneHas) {
  end();
  broker_options.events_exchange = "other";
  start();
  client->sends(amqp::exchange::Declare{.exchange = "other",
                                        .type = "topic",
                                        .durable = true,
                                        .no_wait = true,
                                        .arguments = {{"alternate-exchange", "amq.fanout"}}});
  client->declares("q");
  client->binds("q", "amq.fanout");
  EXPECT_TRUE(vhost().has_queue("other.history")) << "made with its exchange";
  EXPECT_EQ(publish("a", "other"), "");
  EXPECT_EQ(vhost().peek_queue("q")->message_count(), 1u);
  EXPECT_EQ(vhost().peek_queue("other.history")->message_count(), 1u);
  client->sends(
      amqp::queue::Bind{.queue = "q", .exchange = "other", .routing_key = "b", .no_wait = true});
  EXPECT_EQ(publish("b", "other"), "");
  EXPECT_EQ(vhost().peek_queue("q")->message_count(), 2u) << "once";
}

TEST_F(HistoryTest, NewLimitsHoldFromTheNextStart) {
  publish("a");
  const QueueId id = history().id();
  broker_options.events_history = HistoryLimits{.bytes_max = 32 << 20, .age_max = "12h"};
  restart();
  EXPECT_EQ(history().id(), id);
  EXPECT_EQ(history().message_count(), 1u);
  EXPECT_EQ(*history().properties().arguments.find("x-max-age")->as_string(), "12h");
  EXPECT_EQ(history().policy().max_length_bytes, 32u << 20);
  sync();
  checkpoint();
  end();
  disk.kill();
  start();
  EXPECT_EQ(*history().properties().arguments.find("x-max-age")->as_string(), "12h");
}

TEST_F(HistoryTest, WhereNoneIsWantedTheOldOneGetsNothingMore) {
  publish("a");
  broker_options.events_history.reset();
  restart();
  EXPECT_EQ(history().message_count(), 1u);
  EXPECT_EQ(publish("b"), amqp::kNoRoute);
  EXPECT_EQ(history().message_count(), 1u);
  broker_options.events_history = HistoryLimits{};
  restart();
  EXPECT_EQ(publish("c"), amqp::kKeptInHistory);
  EXPECT_EQ(history().message_count(), 2u);
}

TEST_F(HistoryTest, ComesBackAfterItWasDeletedWithTheNextStart) {
  publish("a");
  client->sends(amqp::queue::Delete{.queue = kHistory, .no_wait = true});
  client->sends(amqp::exchange::Declare{
      .exchange = kEvents, .type = "topic", .durable = true, .no_wait = true});
  EXPECT_FALSE(vhost().has_queue(kHistory));
  EXPECT_EQ(publish("b"), amqp::kNoRoute);
  restart();
  EXPECT_EQ(publish("c"), amqp::kKeptInHistory);
  EXPECT_EQ(history().message_count(), 1u);
}

TEST_F(HistoryTest, AQueueOfThatNameStaysWhatItIs) {
  end();
  broker_options.events_exchange = "other";
  broker_options.events_history.reset();
  start();
  client->declares("other.history", /*durable=*/true);
  sync();
  broker_options.events_history = HistoryLimits{};
  end();
  disk.kill();
  start();
  client->sends(amqp::exchange::Declare{
      .exchange = "other", .type = "topic", .durable = true, .no_wait = true});
  EXPECT_FALSE(vhost().peek_queue("other.history")->is_stream());
  EXPECT_EQ(publish("a", "other"), amqp::kNoRoute);
}

TEST_F(HistoryTest, IsOfTheFirstVhostAlone) {
  ASSERT_TRUE(broker->put_vhost("other", {}));
  VHost& other = *broker->find_vhost("other");
  ASSERT_TRUE(other.declare_exchange(
      kEvents, {.type = ExchangeType::kTopic, .durable = true, .arguments = {}}));
  EXPECT_FALSE(other.has_queue(kHistory));
}

TEST(HistoryProperties, KeepSegmentsSmallBesideTheLimit) {
  const auto segment_bytes = [](std::uint64_t bytes_max) {
    return history_properties({.bytes_max = bytes_max})
        .arguments.find("x-stream-max-segment-size-bytes")
        ->as_integer();
  };
  EXPECT_EQ(segment_bytes(1 << 20), 1 << 20);
  EXPECT_EQ(segment_bytes(160 << 20), 10 << 20);
  EXPECT_EQ(segment_bytes(1ull << 40), 64 << 20);
}

}  // namespace
}  // namespace bb::broker
