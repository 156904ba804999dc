#include "cli/dead_letter.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "bloodbank/envelope.h"
#include "cli/dlq_options.h"
#include "client/failure_headers.h"

namespace bb::cli {
namespace {

constexpr std::string_view kQueue = "events.greeter.dlq";
constexpr std::string_view kId = "01928a34-5b6c-7d8e-9f01-23456789abcd";

std::string event_body(std::string_view payload = "{}") {
  Envelope envelope;
  envelope.event_id = *Uuid::parse(kId);
  envelope.event_type = "llm.prompt";
  envelope.source.host = "desk";
  envelope.payload = payload;
  return serialize(envelope);
}

client::Delivery delivery_of(std::string body, const amqp::FieldTable& headers,
                             std::string_view message_id = "") {
  const std::string table = amqp::encode_table_content(headers);
  amqp::BasicProperties properties;
  properties.headers = as_bytes(table);
  if (!message_id.empty()) properties.message_id = message_id;
  Buffer encoded;
  amqp::encode_properties(encoded, properties);
  client::Delivery delivery;
  delivery.routing_key = kQueue;
  delivery.encoded_properties = as_text(encoded.view());
  delivery.body = std::move(body);
  return delivery;
}

amqp::FieldTable failure() {
  return {{std::string(client::kFailedQueueHeader), "events.greeter"},
          {std::string(client::kFailedExchangeHeader), "events"},
          {std::string(client::kFailedRoutingKeyHeader), "llm.prompt"},
          {std::string(client::kAttemptsHeader), std::int64_t{5}},
          {std::string(client::kDeferralsHeader), std::int64_t{2}},
          {std::string(client::kErrorHeader), "exit code 3"},
          {std::string(client::kConsumerHeader), "greeter@desk:7"},
          {std::string(client::kFirstFailedAtHeader), "2026-01-27T10:00:00Z"},
          {std::string(client::kFailedAtHeader), "2026-01-27T10:05:00Z"},
          {std::string(client::kReasonHeader), std::string(client::kReasonAttempts)}};
}

std::string text_in(const amqp::FieldTable& table, std::string_view name) {
  const amqp::FieldValue* const value = table.find(name);
  return value == nullptr || value->as_string() == nullptr ? "" : *value->as_string();
}

std::int64_t count_in(const amqp::FieldTable& table, std::string_view name) {
  const amqp::FieldValue* const value = table.find(name);
  return value == nullptr ? -1 : value->as_integer().value_or(-1);
}

TEST(DeadLetter, IsWhatTheHeadersOfAServiceSay) {
  const DeadLetter letter = read_dead_letter(delivery_of(event_body(), failure()), kQueue);
  EXPECT_EQ(letter.id, kId);
  EXPECT_TRUE(letter.is_event);
  EXPECT_EQ(letter.event_type, "llm.prompt");
  EXPECT_EQ(letter.queue, kQueue);
  EXPECT_EQ(letter.origin, "events.greeter");
  EXPECT_EQ(letter.exchange, "events");
  EXPECT_EQ(letter.routing_key, "llm.prompt");
  EXPECT_EQ(letter.reason, "attempts");
  EXPECT_EQ(letter.error, "exit code 3");
  EXPECT_EQ(letter.attempts, 5U);
  EXPECT_EQ(letter.deferrals, 2U);
  EXPECT_EQ(letter.redrives, 0U);
  EXPECT_EQ(letter.failed_at, "2026-01-27T10:05:00Z");
}

TEST(DeadLetter, IsWhatABrokerCountedWhereNoServiceSaysMore) {
  amqp::FieldTable death{{"queue", "orders"},
                         {"reason", "expired"},
                         {"count", std::int64_t{3}},
                         {"exchange", "shop"},
                         {"time", amqp::FieldTimestamp{1'769'508'000}}};
  amqp::FieldArray keys;
  keys.emplace_back("order.placed");
  death.set("routing-keys", keys);
  amqp::FieldArray deaths;
  deaths.emplace_back(death);
  amqp::FieldTable headers;
  headers.set("x-death", deaths);
  const DeadLetter letter = read_dead_letter(delivery_of(event_body(), headers), "any.dlq");
  EXPECT_EQ(letter.origin, "orders");
  EXPECT_EQ(letter.reason, "expired");
  EXPECT_EQ(letter.attempts, 3U);
  EXPECT_EQ(letter.exchange, "shop");
  EXPECT_EQ(letter.routing_key, "order.placed");
  EXPECT_EQ(letter.failed_at, "2026-01-27T10:00:00Z");
}

TEST(DeadLetter, FailedInTheQueueThatItsOwnIsCalledAfterWhereNothingSaysSo) {
  EXPECT_EQ(read_dead_letter(delivery_of(event_body(), {}), kQueue).origin, "events.greeter");
  EXPECT_EQ(read_dead_letter(delivery_of(event_body(), {}), "graveyard").origin, "");
}

TEST(DeadLetter, HasAnIdWithoutAnEvent) {
  const DeadLetter named = read_dead_letter(delivery_of("{not json", {}, "m-1"), kQueue);
  EXPECT_FALSE(named.is_event);
  EXPECT_EQ(named.id, "m-1");
  const DeadLetter nameless = read_dead_letter(delivery_of("{not json", {}), kQueue);
  EXPECT_EQ(nameless.id, read_dead_letter(delivery_of("{not json", {}), kQueue).id);
  EXPECT_NE(nameless.id, read_dead_letter(delivery_of("{not either", {}), kQueue).id);
}

TEST(DeadLetter, GoesBackWithItsAttemptsCountedAnew) {
  amqp::FieldTable headers = failure();
  headers.set(client::kRedrivesHeader, std::int64_t{1});
  headers.set("x-death", amqp::FieldArray());
  headers.set("x-delivery-count", std::int64_t{4});
  headers.set("CC", "elsewhere");
  headers.set("of-its-own", "kept");
  const client::Delivery delivery = delivery_of(event_body(), headers);
  const amqp::FieldTable back = redrive_headers(delivery, read_dead_letter(delivery, kQueue));
  EXPECT_EQ(count_in(back, client::kAttemptsHeader), 0);
  EXPECT_EQ(count_in(back, client::kRedrivesHeader), 2);
  EXPECT_EQ(text_in(back, client::kFailedRoutingKeyHeader), "llm.prompt");
  EXPECT_EQ(text_in(back, client::kFailedExchangeHeader), "events");
  EXPECT_EQ(text_in(back, "of-its-own"), "kept");
  for (const std::string_view gone :
       {client::kReasonHeader, client::kDeferralsHeader, client::kFirstFailedAtHeader,
        std::string_view("x-death"), std::string_view("x-delivery-count"),
        std::string_view("CC")}) {
    EXPECT_EQ(back.find(gone), nullptr) << gone;
  }
}

TEST(DeadLetter, IsMeantByTheBeginningAndTheEndOfItsId) {
  EXPECT_TRUE(means_letter(kId, kId));
  EXPECT_TRUE(means_letter("01928A34", kId));
  EXPECT_TRUE(means_letter("6789abcd", kId));
  EXPECT_FALSE(means_letter("5b6c", kId)) << "in the middle";
  EXPECT_FALSE(means_letter("", kId));
  EXPECT_FALSE(means_letter(std::string(kId) + "0", kId));
}

TEST(DeadLetter, IsJsonWithWhatItCameWith) {
  const client::Delivery event = delivery_of(event_body("{ \"n\": 1.10 }"), failure());
  const std::string json = whole_letter_json(read_dead_letter(event, kQueue), event);
  EXPECT_TRUE(check_json(json)) << json;
  EXPECT_NE(json.find("\"payload\":{\"n\":1.10}"), std::string::npos) << json;
  EXPECT_NE(json.find("\"bb-attempts\":5"), std::string::npos) << json;
  const client::Delivery bytes = delivery_of("\xff\xfe", {});
  const std::string other = whole_letter_json(read_dead_letter(bytes, kQueue), bytes);
  EXPECT_TRUE(check_json(other)) << other;
  EXPECT_NE(other.find("\"body_base64\":\"//4=\""), std::string::npos) << other;
}

TEST(LetterChoice, IsAllOfThemUntilItIsNarrowed) {
  std::vector<std::string> notices;
  LetterChoice choice([&](const std::string& notice) { notices.push_back(notice); });
  const client::Delivery event = delivery_of(event_body("{\"n\":2}"), failure());
  const DeadLetter letter = read_dead_letter(event, kQueue);
  const client::Delivery other = delivery_of("{not json", {});
  const DeadLetter no_event = read_dead_letter(other, kQueue);
  EXPECT_TRUE(choice.chooses(letter, event.body));
  EXPECT_TRUE(choice.chooses(no_event, other.body));
  choice.only_where(*filter::Filter::parse("payload.n > 1"));
  EXPECT_TRUE(choice.chooses(letter, event.body));
  EXPECT_FALSE(choice.chooses(no_event, other.body))
      << "what is no event is chosen by no condition";
  choice.only_where(*filter::Filter::parse("payload.n > 2"));
  EXPECT_FALSE(choice.chooses(letter, event.body));
  EXPECT_TRUE(notices.empty());
}

TEST(LetterChoice, TakesAnIdAsAWhole) {
  LetterChoice choice([](const std::string&) {});
  choice.only_id("m-1");
  const client::Delivery longer = delivery_of("x", {}, "m-10");
  EXPECT_FALSE(choice.chooses(read_dead_letter(longer, kQueue), longer.body));
}

TEST(LetterChoice, IsSaidExactlyOnce) {
  DlqOptions options;
  EXPECT_FALSE(check_one_choice(options));
  options.all = true;
  EXPECT_TRUE(check_one_choice(options));
  options.id = "0c3a9e51";
  EXPECT_FALSE(check_one_choice(options));
  options.all = false;
  EXPECT_TRUE(check_one_choice(options));
  options.id = "0c";
  EXPECT_EQ(check_one_choice(options).error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace bb::cli
