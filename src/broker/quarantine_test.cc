#include "broker/quarantine.h"

#include <gtest/gtest.h>

#include "amqp/constants.h"
#include "amqp/properties.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

using amqp::BasicProperties;
using amqp::FieldArray;
using amqp::FieldTable;

constexpr std::uint64_t kTime = 1'700'000'000;
constexpr std::size_t kRoom = 100'000;
constexpr ValidatedMessage kMessage{.exchange = "events", .routing_key = "a.b", .body = "{}"};

std::string encode(BasicProperties properties, const FieldTable& headers) {
  const std::string content = amqp::encode_table_content(headers);
  if (!headers.empty()) properties.headers = as_bytes(content);
  Buffer out;
  amqp::encode_properties(out, properties);
  return std::string(as_text(out.view()));
}

FieldTable headers_in(std::string_view properties) {
  return *amqp::decode_table(*amqp::decode_properties(as_bytes(properties))->headers);
}

Refusal with_violations(int count) {
  Refusal refusal{"why", {}};
  for (int i = 0; i < count; ++i) refusal.violations.push_back({"/p", "a number", "\"x\""});
  return refusal;
}

TEST(Quarantine, IsAQueueNamedForItsExchange) {
  EXPECT_EQ(quarantine_name("bloodbank.events.v1"), "bloodbank.events.v1.quarantine");
  const Queue::Properties queue = quarantine_properties(1000);
  EXPECT_TRUE(queue.durable);
  EXPECT_EQ(queue.arguments.find("x-max-length-bytes")->as_integer(), 1000);
}

TEST(Quarantine, HeadersTellWhyAndWhere) {
  const std::string properties =
      quarantined_properties(kMessage, with_violations(1), kTime, encode({}, {}), kRoom);
  const FieldTable violation{{"pointer", "/p"}, {"expected", "a number"}, {"found", "\"x\""}};
  EXPECT_EQ(headers_in(properties), (FieldTable{
                                        {"x-refused-exchange", "events"},
                                        {"x-refused-reason", "why"},
                                        {"x-refused-routing-key", "a.b"},
                                        {"x-refused-time", amqp::FieldTimestamp{kTime}},
                                        {"x-refused-violations", FieldArray{violation}},
                                    }));
}

TEST(Quarantine, ThePublishersPropertiesStayButForWhatWouldLoseTheEvent) {
  const std::string before = encode({.content_type = "application/json",
                                     .delivery_mode = 1,
                                     .expiration = "5",
                                     .message_id = "m"},
                                    {{"trace", "t"}, {"x-refused-reason", "forged"}});
  const std::string after =
      quarantined_properties(kMessage, with_violations(0), kTime, before, kRoom);
  const auto properties = amqp::decode_properties(as_bytes(after));
  EXPECT_EQ(properties->content_type, "application/json");
  EXPECT_EQ(properties->message_id, "m");
  EXPECT_EQ(properties->delivery_mode, amqp::kPersistent);
  EXPECT_FALSE(properties->expiration);
  EXPECT_EQ(*headers_in(after).find("trace")->as_string(), "t");
  EXPECT_EQ(*headers_in(after).find("x-refused-reason")->as_string(), "why");
}

TEST(Quarantine, TextsAndViolationsAreBounded) {
  Refusal refusal = with_violations(50);
  refusal.reason.assign(100'000, 'r');
  refusal.violations[0].found.assign(100'000, 'f');
  const std::string after = quarantined_properties(kMessage, refusal, kTime, encode({}, {}), kRoom);
  EXPECT_LT(after.size(), 4000u);
  EXPECT_EQ(headers_in(after).find("x-refused-violations")->as_array()->size(),
            MessageValidator::kViolationsMax);
}

TEST(Quarantine, HeadersThatLeaveNoRoomGiveWay) {
  const std::string before = encode({}, {{"large", std::string(900, 'x')}});
  const auto has_large = [&](std::size_t bytes_max) {
    const std::string after =
        quarantined_properties(kMessage, with_violations(0), kTime, before, bytes_max);
    EXPECT_NE(headers_in(after).find("x-refused-reason"), nullptr);
    return headers_in(after).find("large") != nullptr;
  };
  EXPECT_TRUE(has_large(2000));
  EXPECT_FALSE(has_large(1000));
}

}  // namespace
}  // namespace bb::broker
