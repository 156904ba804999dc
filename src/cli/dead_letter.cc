#include "cli/dead_letter.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "bloodbank/envelope.h"
#include "bloodbank/time.h"
#include "bloodbank/uuid.h"
#include "cli/event_printer.h"
#include "client/failure_headers.h"

namespace bb::cli {
namespace {

using amqp::FieldTable;
using amqp::FieldValue;
using client::Delivery;

constexpr std::string_view kDeliveryCountHeader = "x-delivery-count";

std::string text_in(const FieldTable& table, std::string_view name) {
  const FieldValue* const value = table.find(name);
  const std::string* const text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? std::string() : *text;
}

std::size_t count_in(const FieldTable& table, std::string_view name) {
  const FieldValue* const value = table.find(name);
  if (value == nullptr) return 0;
  return static_cast<std::size_t>(std::max<std::int64_t>(value->as_integer().value_or(0), 0));
}

// The last of its deaths, as brokers count them: https://www.rabbitmq.com/dlx.html#effects
const FieldTable* last_death(const FieldTable& headers) {
  const FieldValue* const value = headers.find("x-death");
  const amqp::FieldArray* const deaths = value == nullptr ? nullptr : value->as_array();
  return deaths == nullptr || deaths->empty() ? nullptr : deaths->front().as_table();
}

std::string time_in(const FieldTable& table, std::string_view name) {
  const FieldValue* const value = table.find(name);
  if (value == nullptr) return "";
  const auto* const time = std::get_if<amqp::FieldTimestamp>(&value->value);
  constexpr std::uint64_t kLatest = 9'000'000'000;  // far beyond today, within a Timestamp
  if (time == nullptr || time->seconds > kLatest) return "";
  return format_rfc3339(Timestamp(std::chrono::seconds(time->seconds)));
}

// Where a broker gave it up.
void read_death(DeadLetter& letter, const FieldTable& death) {
  letter.origin = text_in(death, "queue");
  letter.exchange = text_in(death, "exchange");
  letter.reason = text_in(death, "reason");
  letter.attempts = count_in(death, "count");
  letter.failed_at = time_in(death, "time");
  const FieldValue* const keys = death.find("routing-keys");
  const amqp::FieldArray* const list = keys == nullptr ? nullptr : keys->as_array();
  if (list == nullptr || list->empty()) return;
  if (const std::string* const key = list->front().as_string()) letter.routing_key = *key;
}

std::string id_of_body(std::string_view body) {
  return Uuid::v5(kNamespaceOid, body).to_string();
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

FieldTable headers_of(const Delivery& delivery) {
  const auto properties = delivery.properties();
  if (!properties.headers) return {};
  auto table = amqp::decode_table(*properties.headers);
  return table ? *std::move(table) : FieldTable();
}

DeadLetter read_dead_letter(const Delivery& delivery, std::string_view queue) {
  const FieldTable headers = headers_of(delivery);
  DeadLetter letter;
  letter.queue = queue;
  letter.body_bytes = delivery.body.size();
  letter.exchange = delivery.exchange;
  letter.routing_key = delivery.routing_key;
  letter.redrives = count_in(headers, client::kRedrivesHeader);
  letter.delivery_count = count_in(headers, kDeliveryCountHeader);
  letter.origin = text_in(headers, client::kFailedQueueHeader);
  if (!letter.origin.empty()) {
    letter.exchange = text_in(headers, client::kFailedExchangeHeader);
    letter.routing_key = text_in(headers, client::kFailedRoutingKeyHeader);
    letter.reason = text_in(headers, client::kReasonHeader);
    letter.error = text_in(headers, client::kErrorHeader);
    letter.consumer = text_in(headers, client::kConsumerHeader);
    letter.first_failed_at = text_in(headers, client::kFirstFailedAtHeader);
    letter.failed_at = text_in(headers, client::kFailedAtHeader);
    letter.attempts = count_in(headers, client::kAttemptsHeader);
    letter.deferrals = count_in(headers, client::kDeferralsHeader);
  } else if (const FieldTable* const death = last_death(headers)) {
    read_death(letter, *death);
  }
  if (letter.origin.empty() && queue.ends_with(client::kDeadLetterQueueSuffix)) {
    letter.origin = queue.substr(0, queue.size() - client::kDeadLetterQueueSuffix.size());
  }
  if (const auto event = parse_any_envelope(delivery.body)) {
    letter.is_event = true;
    letter.id = event->event_id.to_string();
    letter.event_type = event->event_type;
  } else {
    letter.id = delivery.properties().message_id.value_or("");
    if (letter.id.empty()) letter.id = id_of_body(delivery.body);
  }
  return letter;
}

FieldTable redrive_headers(const Delivery& delivery, const DeadLetter& letter) {
  FieldTable headers = renewed_headers(delivery);
  // CC would send copies to queues of these names: it goes by the default exchange.
  for (const std::string_view name :
       {"x-death", "x-first-death-queue", "x-first-death-reason", "x-first-death-exchange",
        "x-last-death-queue", "x-last-death-reason", "x-last-death-exchange", "CC", "BCC"}) {
    headers.erase(name);
  }
  headers.erase(client::kReasonHeader);
  headers.erase(client::kDeferralsHeader);
  headers.erase(client::kFirstFailedAtHeader);  // what is given up after a time begins anew
  headers.set(client::kFailedQueueHeader, letter.origin);
  headers.set(client::kFailedExchangeHeader, letter.exchange);
  headers.set(client::kFailedRoutingKeyHeader, letter.routing_key);
  headers.set(client::kAttemptsHeader, std::int64_t{0});
  headers.set(client::kRedrivesHeader, static_cast<std::int64_t>(letter.redrives + 1));
  return headers;
}

FieldTable renewed_headers(const Delivery& delivery) {
  FieldTable headers = headers_of(delivery);
  headers.erase(kDeliveryCountHeader);
  return headers;
}

std::string short_letter_id(std::string_view id) {
  const auto uuid = Uuid::parse(id);
  return uuid ? short_id(*uuid) : std::string(id);
}

bool means_letter(std::string_view given, std::string_view id) {
  if (given.empty() || given.size() > id.size()) return false;
  return equals_ignoring_case(given, id.substr(0, given.size())) ||
         equals_ignoring_case(given, id.substr(id.size() - given.size()));
}

}  // namespace bb::cli
