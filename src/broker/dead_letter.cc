#include "broker/dead_letter.h"

#include <algorithm>
#include <utility>

#include "amqp/properties.h"
#include "base/assert.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

using amqp::FieldArray;
using amqp::FieldTable;
using amqp::FieldValue;

constexpr std::string_view kDeaths = "x-death";

std::string_view text_in(const FieldTable& table, std::string_view name) {
  const FieldValue* value = table.find(name);
  const std::string* text = value == nullptr ? nullptr : value->as_string();
  return text == nullptr ? std::string_view() : *text;
}

FieldArray routing_keys(const Death& death, const FieldTable& headers) {
  FieldArray keys{FieldValue(death.routing_key)};
  const FieldValue* copies = headers.find("CC");
  const FieldArray* more = copies == nullptr ? nullptr : copies->as_array();
  if (more == nullptr) return keys;
  for (const FieldValue& key : *more) {
    if (key.as_string() != nullptr) keys.push_back(key);
  }
  return keys;
}

FieldTable first_entry(const Death& death, const FieldTable& headers,
                       const amqp::BasicProperties& properties) {
  FieldTable entry{
      {"count", std::int64_t{1}},   {"reason", to_string(death.reason)},
      {"queue", death.queue},       {"time", amqp::FieldTimestamp{death.time_seconds}},
      {"exchange", death.exchange}, {"routing-keys", routing_keys(death, headers)},
  };
  if (properties.expiration) entry.append("original-expiration", *properties.expiration);
  return entry;
}

// The entry of an earlier death, once more: what it says of the first time stays.
FieldTable counted(const FieldTable& earlier) {
  FieldTable entry = earlier;
  const FieldValue* value = entry.find("count");
  const auto count = value == nullptr ? std::nullopt : value->as_integer();
  entry.set("count", count.value_or(0) + 1);
  return entry;
}

// x-death with this death in front. Entries of one queue and reason are one.
FieldArray with_death(const Death& death, const FieldArray& earlier, FieldTable entry) {
  FieldArray others;
  bool before = false;
  for (const FieldValue& value : earlier) {
    const FieldTable* known = value.as_table();
    const bool same = known != nullptr && text_in(*known, "queue") == death.queue &&
                      text_in(*known, "reason") == to_string(death.reason);
    if (!same) {
      others.push_back(value);
    } else if (!std::exchange(before, true)) {
      entry = counted(*known);
    }
  }
  FieldArray deaths{FieldValue(amqp::sorted(entry))};
  std::ranges::move(others, std::back_inserter(deaths));
  return deaths;
}

}  // namespace

std::string_view to_string(DeathReason reason) {
  switch (reason) {
    case DeathReason::kRejected:
      return "rejected";
    case DeathReason::kExpired:
      return "expired";
    case DeathReason::kMaxLength:
      return "maxlen";
    case DeathReason::kDeliveryLimit:
      return "delivery_limit";
  }
  return {};
}

DeadLetter dead_letter(const Death& death, std::string_view bytes, std::size_t deaths_max) {
  auto properties = amqp::decode_properties(as_bytes(bytes));
  BB_ASSERT(properties);
  FieldTable headers;
  if (properties->headers) {
    auto decoded = amqp::decode_table(*properties->headers);
    BB_ASSERT(decoded);
    headers = *std::move(decoded);
  }

  DeadLetter dead{.reason = death.reason, .properties = {}, .deaths = {}};
  FieldTable entry = first_entry(death, headers, *properties);
  const FieldValue* earlier = headers.find(kDeaths);
  if (earlier == nullptr) {
    headers.set("x-first-death-reason", to_string(death.reason));
    headers.set("x-first-death-queue", death.queue);
    headers.set("x-first-death-exchange", death.exchange);
    dead.deaths.emplace_back(std::move(entry));
  } else if (earlier->as_array() != nullptr) {
    dead.deaths = with_death(death, *earlier->as_array(), std::move(entry));
  } else {
    dead.deaths.emplace_back(std::move(entry));  // not a broker's: some client wrote it anew
  }
  if (dead.deaths.size() > deaths_max) dead.deaths.resize(deaths_max);
  headers.set(kDeaths, dead.deaths);
  if (death.new_routing_key) {
    headers.erase("CC");
    headers.erase("BCC");
  }

  std::string encoded = amqp::encode_table_content(amqp::sorted(headers));
  if (!amqp::check_table(as_bytes(encoded))) {
    dead.deaths = {FieldValue(first_entry(death, {}, *properties))};
    encoded = amqp::encode_table_content({{std::string(kDeaths), dead.deaths}});
  }
  properties->headers = as_bytes(encoded);
  properties->expiration.reset();
  Buffer out;
  amqp::encode_properties(out, *properties);
  dead.properties = as_text(out.view());
  return dead;
}

bool is_cycle(const DeadLetter& dead, std::string_view queue) {
  if (dead.reason == DeathReason::kRejected) return false;
  for (const FieldValue& value : dead.deaths) {
    const FieldTable* death = value.as_table();
    // What no broker put there, a client did: it did not come round by itself.
    if (death == nullptr) return false;
    if (text_in(*death, "reason") == to_string(DeathReason::kRejected)) return false;
    if (text_in(*death, "queue") == queue) return true;
  }
  return false;
}

}  // namespace bb::broker
