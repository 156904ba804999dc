#include "client/failure_record.h"

#include <algorithm>

#include "client/failure_headers.h"
#include "client/text.h"

namespace bb::client {
namespace {

constexpr std::size_t kErrorBytesMax = 1000;

amqp::FieldTable headers_of(const Delivery& delivery) {
  const auto properties = delivery.properties();
  if (!properties.headers) return {};
  auto table = amqp::decode_table(*properties.headers);
  return table ? *std::move(table) : amqp::FieldTable();
}

std::string text_in(const amqp::FieldTable& headers, std::string_view name) {
  const amqp::FieldValue* const value = headers.find(name);
  const std::string* const text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? std::string() : *text;
}

std::size_t count_in(const amqp::FieldTable& headers, std::string_view name) {
  const amqp::FieldValue* const value = headers.find(name);
  if (value == nullptr) return 0;
  return static_cast<std::size_t>(std::max<std::int64_t>(value->as_integer().value_or(0), 0));
}

void set_count(amqp::FieldTable& headers, std::string_view name, std::size_t count) {
  headers.set(name, static_cast<std::int64_t>(count));
}

}  // namespace

FailureRecord FailureRecord::of(const Delivery& delivery) {
  const amqp::FieldTable headers = headers_of(delivery);
  FailureRecord record;
  record.exchange = delivery.exchange;
  record.routing_key = delivery.routing_key;
  record.redrives = count_in(headers, kRedrivesHeader);
  // Anybody may set a header: without an exchange of its own it is not one of ours.
  const amqp::FieldValue* const exchange = headers.find(kFailedExchangeHeader);
  if (exchange == nullptr || exchange->as_string() == nullptr) return record;
  record.exchange = *exchange->as_string();
  record.routing_key = text_in(headers, kFailedRoutingKeyHeader);
  record.first_failed_at = text_in(headers, kFirstFailedAtHeader);
  record.attempts = count_in(headers, kAttemptsHeader);
  record.deferrals = count_in(headers, kDeferralsHeader);
  return record;
}

amqp::FieldTable failure_headers(const Delivery& delivery, const FailureRecord& before,
                                 const Failure& failure) {
  amqp::FieldTable headers = headers_of(delivery);
  for (const std::string_view name :
       {"x-death", "x-first-death-queue", "x-first-death-reason", "x-first-death-exchange",
        "x-last-death-queue", "x-last-death-reason", "x-last-death-exchange"}) {
    headers.erase(name);
  }
  const std::string at = format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(failure.at));
  headers.set(kFailedQueueHeader, failure.queue);
  headers.set(kFailedExchangeHeader, before.exchange);
  headers.set(kFailedRoutingKeyHeader, before.routing_key);
  set_count(headers, kAttemptsHeader, before.attempts + (failure.deferred ? 0 : 1));
  if (const std::size_t deferrals = before.deferrals + (failure.deferred ? 1 : 0); deferrals > 0) {
    set_count(headers, kDeferralsHeader, deferrals);
  }
  headers.set(kErrorHeader, one_line(failure.error, kErrorBytesMax));
  headers.set(kConsumerHeader, failure.consumer);
  headers.set(kFirstFailedAtHeader, before.first_failed_at.empty() ? at : before.first_failed_at);
  headers.set(kFailedAtHeader, at);
  if (failure.reason) headers.set(kReasonHeader, *failure.reason);
  return headers;
}

}  // namespace bb::client
