// What an exchange with a policy does with messages, with a validator that the test decides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/quarantine.h"
#include "broker/test_client.h"
#include "broker/test_results.h"
#include "broker/test_storage.h"
#include "broker/test_validator.h"

namespace bb::broker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Strings = std::vector<std::string>;

Options options() {
  Options options;
  options.events_exchange = "bus";
  options.events_validation = ValidationPolicy::kPermissive;
  return options;
}

Exchange::Properties fanout(const amqp::FieldTable& arguments) {
  return {.type = ExchangeType::kFanout, .durable = true, .arguments = arguments};
}

class VHostValidation : public testing::Test {
 protected:
  VHostValidation() {
    EXPECT_TRUE(vhost().declare_exchange("events", fanout({{"x-schema-validation", "strict"}})));
    client_.logs_in();
    client_.declares("q");
    client_.binds("q", "events");
    EXPECT_THAT(client_.received(), IsEmpty());
    storage_.calls();
  }
  VHost& vhost() { return *broker_.find_vhost("/"); }
  void becomes_durable() {
    storage_.sync();
    broker_.on_durable();
  }
  std::uint32_t count(std::string_view queue) {
    const Queue* const found = vhost().peek_queue(queue);
    return found == nullptr ? 0 : found->message_count();
  }

  TestStorage storage_;
  TestValidator validator_;
  Broker broker_{options(), storage_, &validator_};
  TestClient client_{broker_};
};

TEST_F(VHostValidation, WhatIsValidPasses) {
  client_.asks_for_confirms();
  client_.publishes({{.exchange = "events", .routing_key = "a.b", .body = "good"}});
  EXPECT_EQ(client_.received(), Strings{"basic.ack 1"});
  EXPECT_EQ(count("q"), 1u);
  EXPECT_EQ(count("events.quarantine"), 0u);
  EXPECT_THAT(validator_.calls(), ElementsAre("strict events a.b good"));
  EXPECT_EQ(broker_.counters().invalid, 0u);
}

TEST_F(VHostValidation, WhatIsNotIsNackedAndKeptInQuarantine) {
  client_.asks_for_confirms();
  client_.publishes({{.exchange = "events", .routing_key = "a.b", .body = "bad"}});
  EXPECT_THAT(client_.received(), IsEmpty()) << "what is in quarantine has to be safe first";
  becomes_durable();
  EXPECT_EQ(client_.received(), Strings{"basic.nack 1"});
  EXPECT_EQ(count("q"), 0u);
  EXPECT_EQ(count("events.quarantine"), 1u);
  EXPECT_EQ(broker_.counters().invalid, 1u);
  // Although it was transient.
  const auto quarantine = vhost().peek_queue("events.quarantine")->id();
  EXPECT_THAT(storage_.calls(), ElementsAre(fmt::format("append bad for {}", quarantine)));
  client_.gets("events.quarantine");
  EXPECT_EQ(client_.received(), Strings{"basic.get-ok 1 bad"});
}

TEST_F(VHostValidation, APublisherWithoutConfirmsHearsNothing) {
  client_.publishes({{.exchange = "events", .routing_key = "a.b", .body = "bad"}});
  EXPECT_THAT(client_.received(), IsEmpty());
  EXPECT_EQ(count("events.quarantine"), 1u);
}

TEST_F(VHostValidation, ARefusedMessageIsNotReturned) {
  client_.asks_for_confirms();
  client_.sends(amqp::queue::Unbind{.queue = "q", .exchange = "events"});
  client_.received();
  Buffer bytes;
  amqp::encode_method(bytes, TestClient::kChannel,
                      amqp::basic::Publish{.exchange = "events", .mandatory = true});
  Buffer properties;
  amqp::encode_properties(properties, {});
  amqp::encode_content(bytes, TestClient::kChannel, properties.view(), as_bytes("bad"), 4096);
  client_.sends_bytes(as_text(bytes.view()));
  becomes_durable();
  EXPECT_EQ(client_.received(), Strings{"basic.nack 1"});
}

TEST_F(VHostValidation, WhatIsPublishedElsewhereIsNotLookedAt) {
  client_.publishes({{.routing_key = "q", .body = "bad"}});
  client_.publishes({{.exchange = "amq.fanout", .body = "bad"}});
  client_.publishes({{.routing_key = "events.quarantine", .body = "bad"}});
  EXPECT_THAT(validator_.calls(), IsEmpty());
}

// It passed when it was published, or was published elsewhere.
TEST_F(VHostValidation, DeadLettersAreNotLookedAt) {
  client_.sends(amqp::queue::Declare{
      .queue = "dying",
      .no_wait = true,
      .arguments = {{"x-dead-letter-exchange", "events"}, {"x-max-length", std::int32_t{0}}}});
  client_.publishes("dying", "bad");
  EXPECT_EQ(count("q"), 1u);
  EXPECT_THAT(validator_.calls(), IsEmpty());
}

TEST_F(VHostValidation, TheQuarantineThatSomebodyDeletedIsMadeAgain) {
  client_.sends(amqp::queue::Delete{.queue = "events.quarantine", .no_wait = true});
  EXPECT_FALSE(vhost().has_queue("events.quarantine"));
  client_.publishes({{.exchange = "events", .body = "bad"}});
  EXPECT_EQ(count("events.quarantine"), 1u);
}

TEST_F(VHostValidation, WhatTheStorageCannotKeepIsNackedAllTheSame) {
  client_.asks_for_confirms();
  storage_.fail_appends();
  client_.publishes({{.exchange = "events", .body = "bad"}});
  EXPECT_EQ(client_.received(), Strings{"basic.nack 1"});
  EXPECT_EQ(count("events.quarantine"), 0u);
  EXPECT_EQ(count("q"), 0u);
}

TEST_F(VHostValidation, TheQuarantineOutlivesItsExchange) {
  client_.publishes({{.exchange = "events", .body = "bad"}});
  ASSERT_TRUE(vhost().delete_exchange("events", /*if_unused=*/false));
  EXPECT_EQ(count("events.quarantine"), 1u);
  ASSERT_TRUE(vhost().declare_exchange("events", fanout({})));
  client_.publishes({{.exchange = "events", .body = "bad"}});
  EXPECT_EQ(count("events.quarantine"), 1u);
}

TEST_F(VHostValidation, ARedeclarationHasToAskForTheSame) {
  const amqp::FieldTable strict{{"x-schema-validation", "strict"}};
  EXPECT_TRUE(vhost().declare_exchange("events", fanout(strict)));
  const auto differs = vhost().declare_exchange("events", fanout({}));
  EXPECT_EQ(code_of(differs), ErrorCode::kPreconditionFailed);
  EXPECT_EQ(message_of(differs),
            "inequivalent arg 'x-schema-validation' for exchange 'events' in vhost '/': received "
            "'off' but current is 'strict'");
  ASSERT_TRUE(vhost().declare_exchange("plain", fanout({})));
  EXPECT_TRUE(vhost().declare_exchange("plain", fanout({{"x-schema-validation", "off"}})));
}

// Clients that never heard of the argument declare the events exchange as they always did.
TEST_F(VHostValidation, TheEventsExchangeIsUnderTheOptionWhateverItsArgumentsSay) {
  ASSERT_TRUE(vhost().declare_exchange("bus", fanout({})));
  EXPECT_TRUE(vhost().declare_exchange("bus", fanout({})));
  EXPECT_EQ((*vhost().find_exchange("bus"))->validation(), ValidationPolicy::kPermissive);
  client_.publishes({{.exchange = "bus", .routing_key = "a.b", .body = "bad"}});
  EXPECT_THAT(validator_.calls(), ElementsAre("permissive bus a.b bad"));
  EXPECT_EQ(count("bus.quarantine"), 1u);
  // The same name elsewhere is another exchange.
  VHost& other = **broker_.put_vhost("other", {});
  ASSERT_TRUE(other.declare_exchange("bus", fanout({})));
  EXPECT_EQ((*other.find_exchange("bus"))->validation(), ValidationPolicy::kOff);
}

TEST_F(VHostValidation, ANameThatLeavesNoRoomForTheQuarantinesIsRefused) {
  const std::string name(250, 'x');
  EXPECT_EQ(code_of(vhost().declare_exchange(name, fanout({{"x-schema-validation", "strict"}}))),
            ErrorCode::kPreconditionFailed);
  EXPECT_TRUE(vhost().declare_exchange(name, fanout({})));
}

TEST(VHostWithoutValidator, NoExchangeCanAskForOne) {
  TestStorage storage;
  Broker broker({}, storage);
  const auto refused = broker.find_vhost("/")->declare_exchange(
      "events", fanout({{"x-schema-validation", "strict"}}));
  EXPECT_EQ(code_of(refused), ErrorCode::kNotImplemented);
}

}  // namespace
}  // namespace bb::broker
