#include "broker/dead_letter.h"

#include <gtest/gtest.h>

#include "amqp/constants.h"
#include "amqp/properties.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

using amqp::BasicProperties;
using amqp::FieldArray;
using amqp::FieldTable;

constexpr std::size_t kMany = 100;

std::string encode(BasicProperties properties, const FieldTable& headers) {
  const std::string content = amqp::encode_table_content(headers);
  properties.headers = as_bytes(content);
  Buffer out;
  amqp::encode_properties(out, properties);
  return std::string(as_text(out.view()));
}

FieldTable headers_of(const DeadLetter& dead) {
  return *amqp::decode_table(*amqp::decode_properties(as_bytes(dead.properties))->headers);
}

constexpr Death kExpired{.queue = "waiting",
                         .reason = DeathReason::kExpired,
                         .time_seconds = 1'700'000'000,
                         .exchange = "events",
                         .routing_key = "a.b"};

TEST(DeadLetter, TheFirstDeathIsToldInFull) {
  const DeadLetter dead =
      dead_letter(kExpired, encode({.delivery_mode = 2, .expiration = "60"}, {{"z", 1}}), kMany);
  const FieldTable entry{
      {"count", std::int64_t{1}},    {"reason", "expired"},
      {"queue", "waiting"},          {"time", amqp::FieldTimestamp{1'700'000'000}},
      {"exchange", "events"},        {"routing-keys", FieldArray{"a.b"}},
      {"original-expiration", "60"},
  };
  EXPECT_EQ(headers_of(dead), (FieldTable{
                                  {"x-death", FieldArray{entry}},
                                  {"x-first-death-exchange", "events"},
                                  {"x-first-death-queue", "waiting"},
                                  {"x-first-death-reason", "expired"},
                                  {"z", std::int32_t{1}},
                              }));
  const auto properties = amqp::decode_properties(as_bytes(dead.properties));
  EXPECT_EQ(properties->delivery_mode, 2);
  EXPECT_FALSE(properties->expiration);
}

TEST(DeadLetter, TheSameDeathAgainIsCounted) {
  Death again = kExpired;
  again.time_seconds += 5;
  const DeadLetter once = dead_letter(kExpired, encode({}, {}), kMany);
  const DeadLetter twice = dead_letter(again, once.properties, kMany);
  ASSERT_EQ(twice.deaths.size(), 1u);
  const FieldTable& entry = *twice.deaths[0].as_table();
  EXPECT_EQ(entry.find("count")->as_integer(), 2);
  EXPECT_EQ(entry.find("time")->value, amqp::FieldValue(amqp::FieldTimestamp{1'700'000'000}).value);
}

TEST(DeadLetter, TheNewestDeathComesFirst) {
  DeadLetter dead = dead_letter(kExpired, encode({}, {}), kMany);
  for (const std::string_view queue : {"second", "third", "waiting"}) {
    Death next = kExpired;
    next.queue = queue;
    dead = dead_letter(next, dead.properties, kMany);
  }
  std::string order;
  for (const auto& death : dead.deaths)
    order += *death.as_table()->find("queue")->as_string() + " ";
  EXPECT_EQ(order, "waiting third second ");
  EXPECT_EQ(*headers_of(dead).find("x-first-death-queue")->as_string(), "waiting");
}

TEST(DeadLetter, OldDeathsAreForgottenAtTheLimit) {
  DeadLetter dead = dead_letter(kExpired, encode({}, {}), 2);
  for (const std::string_view queue : {"second", "third"}) {
    Death next = kExpired;
    next.queue = queue;
    dead = dead_letter(next, dead.properties, 2);
  }
  ASSERT_EQ(dead.deaths.size(), 2u);
  EXPECT_EQ(*dead.deaths[1].as_table()->find("queue")->as_string(), "second");
}

TEST(DeadLetter, CopiesCountUntilTheQueueNamesAnotherKey) {
  const std::string properties = encode({}, {{"CC", FieldArray{"copy"}}});
  Death death = kExpired;
  const DeadLetter kept = dead_letter(death, properties, kMany);
  death.new_routing_key = true;
  const DeadLetter renamed = dead_letter(death, properties, kMany);
  for (const DeadLetter& dead : {kept, renamed}) {
    EXPECT_EQ(*dead.deaths[0].as_table()->find("routing-keys")->as_array(),
              (FieldArray{"a.b", "copy"}));
  }
  EXPECT_NE(headers_of(kept).find("CC"), nullptr);
  EXPECT_EQ(headers_of(renamed).find("CC"), nullptr);
}

TEST(DeadLetter, WhatIsNotABrokersXDeathIsWrittenAnew) {
  const DeadLetter dead = dead_letter(kExpired, encode({}, {{"x-death", "gone"}}), kMany);
  EXPECT_EQ(dead.deaths.size(), 1u);
  EXPECT_EQ(headers_of(dead).find("x-first-death-queue"), nullptr);
}

TEST(DeadLetter, StrangersInXDeathStay) {
  const DeadLetter dead = dead_letter(
      kExpired, encode({}, {{"x-death", FieldArray{"a", FieldTable{{"count", "b"}}}}}), kMany);
  EXPECT_EQ(dead.deaths.size(), 3u);
}

TEST(DeadLetter, HeadersWithoutRoomGiveWay) {
  FieldTable crowd;
  FieldArray keys;
  FieldTable known{{"queue", "waiting"}, {"reason", "expired"}};
  for (std::size_t i = 0; i < amqp::kTableEntriesMax - 10; ++i) {
    crowd.append("h", true);
    keys.emplace_back("key");
    known.append("k", true);
  }
  for (const FieldTable& headers : {crowd, FieldTable{{"CC", keys}},
                                    FieldTable{{"CC", "key"}, {"x-death", FieldArray{known}}}}) {
    DeadLetter dead = dead_letter(kExpired, encode({}, headers), kMany);
    for (int i = 0; i < 15; ++i) dead = dead_letter(kExpired, dead.properties, kMany);
    EXPECT_GE(dead.deaths[0].as_table()->find("count")->as_integer(), 2);
  }
}

FieldTable death_of(std::string_view queue, std::string_view reason) {
  return {{"queue", queue}, {"reason", reason}};
}

TEST(DeadLetterCycle, IsAQueueThatItWasInBefore) {
  const FieldArray deaths{death_of("b", "expired"), death_of("a", "maxlen")};
  EXPECT_TRUE(is_cycle({DeathReason::kExpired, {}, deaths}, "a"));
  EXPECT_TRUE(is_cycle({DeathReason::kExpired, {}, deaths}, "b"));
  EXPECT_FALSE(is_cycle({DeathReason::kExpired, {}, deaths}, "c"));
}

TEST(DeadLetterCycle, EndsWithARejection) {
  const FieldArray deaths{death_of("b", "expired"), death_of("a", "rejected")};
  EXPECT_FALSE(is_cycle({DeathReason::kExpired, {}, deaths}, "a"));
  EXPECT_TRUE(is_cycle({DeathReason::kExpired, {}, deaths}, "b"));
  EXPECT_FALSE(is_cycle({DeathReason::kRejected, {}, deaths}, "b"));
}

TEST(DeadLetterCycle, EndsWithWhatAClientWrote) {
  const FieldArray deaths{death_of("b", "expired"), "note", death_of("a", "expired")};
  EXPECT_FALSE(is_cycle({DeathReason::kExpired, {}, deaths}, "a"));
}

}  // namespace
}  // namespace bb::broker
