// What a connection does when there is too much of something: memory, output, time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "broker/broker.h"
#include "broker/test_client.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr std::size_t kKilobyte = 1000;
constexpr std::size_t kOutputBytesMax = 10 * kKilobyte;
constexpr std::size_t kFramingBytesMax = 100;  // of one delivery: method, header, frame ends

class Limits : public testing::Test {
 protected:
  static Options options() {
    Options options;
    options.memory_bytes_max = 100 * kKilobyte;
    options.output_bytes_max = kOutputBytesMax;
    options.handshake_timeout = 10s;
    options.close_timeout = 5s;
    return options;
  }

  MemoryStorage storage;
  Broker broker{options(), storage};
};

// A client that hears of blocking and publishes to a queue "q".
class Memory : public Limits {
 protected:
  Memory() {
    publisher.logs_in({.hears_of_blocking = true});
    publisher.declares("q");
  }

  // The bytes that publish it.
  static std::string publish_of(std::string_view queue, std::string_view body) {
    Buffer bytes;
    Buffer properties;
    amqp::encode_properties(properties, {});
    amqp::encode_method(bytes, TestClient::kChannel, amqp::basic::Publish{.routing_key = queue});
    amqp::encode_content(bytes, TestClient::kChannel, properties.view(), as_bytes(body), 4096);
    return std::string(as_text(bytes.view()));
  }
  // With one message.
  void fill(std::size_t kilobytes) {
    publisher.publishes("q", body_of("m", kilobytes * kKilobyte));
  }

  TestClient publisher{broker};
};

TEST_F(Memory, PublishersAreHeldBackWhileMessagesFillIt) {
  fill(90);
  EXPECT_FALSE(broker.memory_alarm());
  EXPECT_FALSE(publisher.connection().reading_paused());
  fill(20);
  EXPECT_TRUE(broker.memory_alarm());
  EXPECT_TRUE(publisher.connection().reading_paused());
  EXPECT_THAT(publisher.received(), ElementsAre("connection.blocked"));

  TestClient reader{broker};
  reader.logs_in();
  reader.gets("q");
  EXPECT_FALSE(broker.memory_alarm());
  EXPECT_FALSE(publisher.connection().reading_paused());
  EXPECT_THAT(publisher.received(), ElementsAre("connection.unblocked"));
}

TEST_F(Memory, TheAlarmClearsSomeWayBelowWhereItWasRaised) {
  for (int i = 0; i < 11; ++i) fill(10);
  ASSERT_TRUE(broker.memory_alarm());
  TestClient reader{broker};
  reader.logs_in();
  while (broker.message_bytes() > 80 * kKilobyte) {
    EXPECT_TRUE(broker.memory_alarm()) << broker.message_bytes();
    reader.gets("q");
    reader.received();
  }
  EXPECT_FALSE(broker.memory_alarm());
}

TEST_F(Memory, WhoDidNotAnnounceItIsHeldBackWithoutAWord) {
  TestClient silent{broker};
  silent.logs_in({.hears_of_blocking = false});
  silent.publishes("q", body_of("m", 110 * kKilobyte));
  EXPECT_TRUE(silent.connection().reading_paused());
  EXPECT_THAT(silent.received(), IsEmpty());
}

TEST_F(Memory, WhoOnlyConsumesIsNotHeldBack) {
  TestClient consumer{broker};
  consumer.logs_in({.hears_of_blocking = true});
  fill(110);
  EXPECT_FALSE(consumer.connection().reading_paused());
  EXPECT_THAT(consumer.received(), IsEmpty());
}

TEST_F(Memory, WhoBeginsToPublishDuringTheAlarmIsHeldBackThen) {
  TestClient late{broker};
  late.logs_in({.hears_of_blocking = true});
  fill(110);
  late.publishes("q", "m");
  EXPECT_TRUE(late.connection().reading_paused());
  EXPECT_THAT(late.received(), ElementsAre("connection.blocked"));
  late.publishes("q", "m");
  EXPECT_THAT(late.received(), IsEmpty()) << "it was told";
}

TEST_F(Memory, WhoIsInTheMiddleOfAMessageComesToItsEndFirst) {
  TestClient slow{broker};
  slow.logs_in({.hears_of_blocking = true});
  const std::string message = publish_of("q", body_of("m", 30 * kKilobyte));
  slow.sends_bytes(std::string_view(message).substr(0, 20 * kKilobyte));
  fill(110);
  EXPECT_FALSE(slow.connection().reading_paused());
  slow.sends_bytes(std::string_view(message).substr(20 * kKilobyte));
  EXPECT_TRUE(slow.connection().reading_paused());
  EXPECT_THAT(slow.received(), ElementsAre("connection.blocked"));
}

TEST_F(Memory, WhoIsInTheMiddleOfATransactionComesToItsEndFirst) {
  TestClient slow{broker};
  slow.logs_in({.hears_of_blocking = true});
  slow.sends(amqp::tx::Select{});
  slow.publishes("q", "m");
  fill(110);
  slow.publishes("q", "m");
  EXPECT_FALSE(slow.connection().reading_paused());
  slow.sends(amqp::tx::Commit{});
  EXPECT_TRUE(slow.connection().reading_paused());
  EXPECT_THAT(slow.received(), ElementsAre("tx.select-ok", "tx.commit-ok", "connection.blocked"));
}

// Otherwise none of them could ever be finished.
TEST_F(Memory, HalvesOfMessagesThatFillItAreGivenUp) {
  const std::string message = publish_of("q", body_of("m", 60 * kKilobyte));
  std::list<TestClient> clients;
  for (int i = 0; i < 4; ++i) {
    TestClient& client = clients.emplace_back(broker);
    client.logs_in();
    client.sends_bytes(std::string_view(message).substr(0, 50 * kKilobyte));
  }
  EXPECT_TRUE(broker.memory_alarm());
  EXPECT_LE(broker.message_bytes(), 200 * kKilobyte);
  for (TestClient& client : clients) {
    client.sends_bytes(std::string_view(message).substr(50 * kKilobyte));
  }
  int refused = 0;
  for (TestClient& client : clients) {
    const auto answers = client.received();
    if (answers.empty()) continue;
    EXPECT_THAT(answers, ElementsAre("channel.close 311"));
    ++refused;
  }
  EXPECT_GE(refused, 1);
  EXPECT_LE(refused, 2) << "there is room for two of them";
  EXPECT_EQ(broker.counters().refused.of(Limit::kMemory), refused);
  TestClient reader{broker};
  reader.logs_in();
  for (int i = refused; i < 4; ++i) reader.gets("q");
  EXPECT_EQ(reader.received().size(), static_cast<std::size_t>(4 - refused));
  EXPECT_FALSE(broker.memory_alarm());
}

TEST_F(Memory, TheSessionIsToldWhenReadingGoesOn) {
  fill(110);
  publisher.received();
  const int before = publisher.attention_count();
  TestClient reader{broker};
  reader.logs_in();
  reader.gets("q");
  EXPECT_EQ(publisher.attention_count(), before + 1);
}

TEST_F(Memory, MessagesThatGoWithTheirConnectionClearTheAlarm) {
  std::optional<TestClient> owner(broker);
  owner->logs_in();
  owner->sends(amqp::queue::Declare{.queue = "own", .exclusive = true, .no_wait = true});
  owner->publishes("own", body_of("m", 90 * kKilobyte));
  fill(20);
  ASSERT_TRUE(broker.memory_alarm());
  owner.reset();
  EXPECT_FALSE(broker.memory_alarm());
  EXPECT_THAT(publisher.received(), ElementsAre("connection.blocked", "connection.unblocked"));
}

// A queue "q", filled by somebody else, and a client that reads when the test says so.
class Output : public Limits {
 protected:
  Output() {
    publisher.logs_in();
    publisher.declares("q");
    client.logs_in();
  }

  // Publishes m1, m2, ... of `bytes` each.
  void fill(int count, std::size_t bytes) {
    for (int i = 1; i <= count; ++i)
      publisher.publishes("q", body_of(fmt::format("m{}", i), bytes));
  }
  std::uint32_t waiting() {
    return (*broker.find_vhost("/")->find_queue("q", /*connection=*/0))->message_count();
  }

  TestClient publisher{broker};
  TestClient client{broker};
};

TEST_F(Output, DeliveriesPauseWhileItIsFull) {
  client.consumes("q", /*no_ack=*/true);
  fill(30, kKilobyte);
  EXPECT_EQ(waiting(), 20u) << "ten fill it";
  EXPECT_FALSE(client.connection().reading_paused()) << "it still may acknowledge";

  const std::string first = client.takes_output();
  EXPECT_GE(first.size(), kOutputBytesMax);
  EXPECT_LE(first.size(), kOutputBytesMax + kKilobyte + kFramingBytesMax);
  EXPECT_EQ(client.frames_in(first).size(), 10u);
  EXPECT_EQ(waiting(), 10u) << "the next ten wait to be written";

  const auto second = client.frames_in(client.takes_output());
  ASSERT_EQ(second.size(), 10u);
  EXPECT_EQ(second.front(), "basic.deliver 11 m11");
  EXPECT_EQ(client.frames_in(client.takes_output()).back(), "basic.deliver 30 m30");
  EXPECT_EQ(waiting(), 0u);
  EXPECT_FALSE(client.connection().has_output());
}

TEST_F(Output, AnotherConsumerGetsWhatAFullOneCannotTake) {
  client.consumes("q", /*no_ack=*/true);
  TestClient other{broker};
  other.logs_in();
  other.consumes("q", /*no_ack=*/true);
  for (int i = 0; i < 60; ++i) {
    publisher.publishes("q", body_of("m", kKilobyte));
    other.received();
  }
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(client.frames_in(client.takes_output()).size(), 10u);
}

TEST_F(Output, AsksForMoreThanItReadsAndHoldsABoundedPart) {
  constexpr std::size_t kBodyBytes = 3 * kKilobyte;
  constexpr std::size_t kBoundBytes = 2 * kOutputBytesMax + kBodyBytes + kFramingBytesMax;
  fill(30, kBodyBytes);
  client.gets("q", 30);
  EXPECT_TRUE(client.connection().reading_paused());

  std::vector<std::string> got;
  for (int writes = 0; client.connection().has_output(); ++writes) {
    ASSERT_LT(writes, 30);
    const std::string output = client.takes_output();
    EXPECT_LE(output.size(), kBoundBytes);
    for (std::string& name : client.frames_in(output)) got.push_back(std::move(name));
    EXPECT_FALSE(client.connection().has_output()) << "questions wait for the write to end";
    client.has_written();
  }
  EXPECT_FALSE(client.connection().reading_paused());
  std::vector<std::string> expected;
  for (int i = 1; i <= 30; ++i) expected.push_back(fmt::format("basic.get-ok {} m{}", i, i));
  EXPECT_EQ(got, expected);
}

TEST_F(Output, WhatComesDuringAPauseIsDoneAfterWhatCameBefore) {
  fill(10, 3 * kKilobyte);
  client.gets("q", 9);
  ASSERT_TRUE(client.connection().reading_paused());
  const std::string first = client.takes_output();
  client.sends(amqp::queue::Purge{.queue = "q"});
  // In pieces, as bytes come from a socket.
  for (const char byte : std::string("\x08\x00\x00\x00\x00\x00\x00\xCE", 8)) {
    client.sends_bytes({&byte, 1});
  }
  client.gets("q");
  EXPECT_GT(waiting(), 1u) << "the purge waits";
  EXPECT_FALSE(client.connection().has_output());

  const std::size_t answered = client.frames_in(first).size();
  client.has_written();
  const auto rest = client.received();
  ASSERT_EQ(answered + rest.size(), 11u);
  EXPECT_EQ(rest[rest.size() - 3], "basic.get-ok 9 m9");
  EXPECT_EQ(rest[rest.size() - 2], "queue.purge-ok");
  EXPECT_EQ(rest[rest.size() - 1], "basic.get-empty");
}

TEST_F(Output, AttentionIsAskedForOnceUntilItIsTaken) {
  client.consumes("q", /*no_ack=*/true);
  const int before = client.attention_count();
  fill(5, 10);
  EXPECT_EQ(client.attention_count(), before + 1);
  client.takes_output();
  fill(5, 10);
  EXPECT_EQ(client.attention_count(), before + 2);
}

using Time = Limits;

TEST_F(Time, AClientThatSaysNothingIsLeftAfterTheHandshakeTimeout) {
  TestClient client{broker};
  client.waits(9s);
  EXPECT_FALSE(client.connection().finished());
  client.waits(1s);
  EXPECT_TRUE(client.connection().finished());
  EXPECT_EQ(client.connection().reason(), "handshake timed out");
  EXPECT_FALSE(client.connection().has_output());
}

TEST_F(Time, AHandshakeDoesNotGetMoreTimeByGoingOnSlowly) {
  TestClient client{broker};
  client.waits(6s);
  client.greets();
  client.waits(4s);
  EXPECT_TRUE(client.connection().finished());
}

TEST_F(Time, TheHandshakeTimeoutEndsWithTheHandshake) {
  TestClient client{broker};
  client.logs_in();
  client.waits(3600s);
  EXPECT_FALSE(client.connection().finished());
  EXPECT_THAT(client.received(), IsEmpty()) << "no heartbeats were agreed on";
}

TEST_F(Time, AClosedClientHasTheCloseTimeoutToSaySo) {
  TestClient client{broker};
  client.logs_in();
  broker.shut_down();
  EXPECT_THAT(client.received(), ElementsAre("connection.close 320"));
  client.waits(5s);  // counted from the first tick
  EXPECT_FALSE(client.connection().finished());
  client.waits(1s);
  EXPECT_TRUE(client.connection().finished());
}

TEST_F(Time, ACloseThatIsAnsweredEndsAtOnce) {
  TestClient client{broker};
  client.logs_in();
  broker.shut_down();
  client.sends(amqp::connection::CloseOk{}, 0);
  EXPECT_TRUE(client.connection().finished());
}

TEST_F(Time, ACloseTimeoutIsCountedFromTheMethodThatWasWrong) {
  TestClient client{broker};
  client.logs_in();
  client.sends(amqp::channel::Open{});  // a second time
  EXPECT_THAT(client.received(), ElementsAre("connection.close 504"));
  client.waits(4s);
  EXPECT_FALSE(client.connection().finished());
  client.waits(1s);
  EXPECT_TRUE(client.connection().finished());
}

TEST_F(Time, AHeartbeatIsSentEveryHalfIntervalOfSilence) {
  TestClient client{broker};
  client.logs_in({.heartbeat_seconds = 10});
  client.waits(4s);
  EXPECT_THAT(client.received(), IsEmpty());
  client.waits(1s);
  EXPECT_THAT(client.received(), ElementsAre("heartbeat"));
  client.waits(4s);
  EXPECT_THAT(client.received(), IsEmpty());
  client.waits(1s);
  EXPECT_THAT(client.received(), ElementsAre("heartbeat"));
}

TEST_F(Time, OtherOutputMakesAHeartbeatUnnecessary) {
  TestClient client{broker};
  client.logs_in({.heartbeat_seconds = 10});
  client.waits(4s);
  client.sends(amqp::channel::Flow{.active = true});
  EXPECT_THAT(client.received(), ElementsAre("channel.flow-ok"));
  client.waits(4s);
  EXPECT_THAT(client.received(), IsEmpty());
}

TEST_F(Time, HeartbeatsDoNotPileUpForAClientThatDoesNotRead) {
  TestClient client{broker};
  client.logs_in({.heartbeat_seconds = 10});
  client.waits(20s);
  EXPECT_THAT(client.received(), ElementsAre("heartbeat"));
}

TEST_F(Time, AClientIsLeftAfterTwoIntervalsOfSilence) {
  TestClient client{broker};
  client.logs_in({.heartbeat_seconds = 10});
  client.waits(20s);
  EXPECT_FALSE(client.connection().finished());
  client.waits(1s);
  EXPECT_TRUE(client.connection().finished());
  EXPECT_EQ(client.connection().reason(), "missed heartbeats from client");
}

TEST_F(Time, AnythingThatTheClientSendsBreaksItsSilence) {
  TestClient client{broker};
  client.logs_in({.heartbeat_seconds = 10});
  client.waits(15s);
  client.sends_bytes("\x08");  // not even a whole frame
  client.waits(20s);
  EXPECT_FALSE(client.connection().finished());
  client.waits(1s);
  EXPECT_TRUE(client.connection().finished());
}

// Its heartbeats lie unread in the socket.
TEST_F(Memory, ABlockedPublisherIsNotTakenForDead) {
  TestClient client{broker};
  client.logs_in({.heartbeat_seconds = 10});
  client.publishes("q", body_of("m", 110 * kKilobyte));
  ASSERT_TRUE(client.connection().reading_paused());
  client.waits(60s);
  EXPECT_FALSE(client.connection().finished());

  TestClient reader{broker};
  reader.logs_in();
  reader.gets("q");
  ASSERT_FALSE(client.connection().reading_paused());
  client.waits(20s);
  EXPECT_FALSE(client.connection().finished()) << "its silence begins when reading goes on";
  client.waits(1s);
  EXPECT_TRUE(client.connection().finished());
}

TEST_F(Output, AClientWhoseQuestionsWaitLivesAsLongAsItReads) {
  TestClient slow{broker};
  slow.logs_in({.heartbeat_seconds = 10});
  fill(10, 3 * kKilobyte);
  slow.gets("q", 10);
  ASSERT_TRUE(slow.connection().reading_paused());
  slow.takes_output();
  for (int i = 0; i < 4; ++i) {
    slow.waits(15s);  // its line is slow
    slow.has_written_some();
  }
  EXPECT_FALSE(slow.connection().finished());
  slow.has_written();
  ASSERT_FALSE(slow.connection().reading_paused());
  slow.waits(20s);
  EXPECT_FALSE(slow.connection().finished());
}

TEST_F(Output, AClientThatNeitherReadsNorIsReadIsLeft) {
  TestClient stuck{broker};
  stuck.logs_in({.heartbeat_seconds = 10});
  fill(10, 3 * kKilobyte);
  stuck.gets("q", 10);
  ASSERT_TRUE(stuck.connection().reading_paused());
  stuck.takes_output();
  stuck.waits(21s);
  EXPECT_TRUE(stuck.connection().finished());
}

// Two channels of one connection, both with more waiting than the connection takes at once.
TEST_F(Output, ChannelsTakeTurnsAtAConnectionThatIsFullAgainAndAgain) {
  client.sends(amqp::channel::Open{}, 2);
  client.received();
  client.declares("other");
  fill(20, 3 * kKilobyte);
  for (int i = 0; i < 20; ++i) client.publishes("other", body_of("other", 3 * kKilobyte));
  client.consumes("q", /*no_ack=*/true);
  client.sends(amqp::basic::Consume{.queue = "other", .no_ack = true, .no_wait = true}, 2);
  client.takes_output();
  std::string first_two_turns = client.takes_output();
  first_two_turns += client.takes_output();
  EXPECT_THAT(first_two_turns, testing::HasSubstr("other."));
}

}  // namespace
}  // namespace bb::broker
