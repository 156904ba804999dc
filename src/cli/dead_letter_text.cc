// Dead letters as JSON and as lines for a person.
#include <fmt/format.h>

#include <type_traits>
#include <utility>
#include <vector>

#include "bloodbank/envelope.h"
#include "cli/dead_letter.h"
#include "cli/display_text.h"
#include "cli/json_text.h"
#include "cli/publish_highlight.h"

namespace bb::cli {
namespace {

using amqp::FieldArray;
using amqp::FieldTable;
using amqp::FieldValue;
using client::Delivery;

std::string text_or_null(const std::string& text) {
  return text.empty() ? "null" : quote_json(text);
}

std::string json_of(const FieldValue& value);

std::string json_of(const FieldTable& table) {
  std::string out = "{";
  for (const auto& [name, value] : table.entries()) {
    out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", quote_json(name), json_of(value));
  }
  return out + "}";
}

std::string json_of(const FieldArray& array) {
  std::string out = "[";
  for (const FieldValue& value : array) {
    out += (out.size() > 1 ? "," : "") + json_of(value);
  }
  return out + "]";
}

// Decoded tables are not deeper than kTableDepthMax.
std::string json_of(const FieldValue& value) {
  return std::visit(
      [](const auto& held) -> std::string {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>) {
          return "null";
        } else if constexpr (std::is_same_v<Held, bool>) {
          return held ? "true" : "false";
        } else if constexpr (std::is_integral_v<Held>) {
          return fmt::format("{}", +held);
        } else if constexpr (std::is_floating_point_v<Held>) {
          // JSON has no word for infinity and what is no number.
          const std::string text = fmt::format("{}", held);
          return text.find_first_of("in") == std::string::npos ? text : quote_json(text);
        } else if constexpr (std::is_same_v<Held, std::string>) {
          return quote_json(held);
        } else if constexpr (std::is_same_v<Held, amqp::FieldBytes>) {
          return quote_json(encode_base64(held.value));
        } else if constexpr (std::is_same_v<Held, amqp::FieldTimestamp>) {
          return fmt::format("{}", held.seconds);
        } else if constexpr (std::is_same_v<Held, amqp::Decimal>) {
          return fmt::format("{}e-{}", held.value, held.scale);
        } else {
          return json_of(held);
        }
      },
      value.value);
}

// All members, without the brackets.
std::string members_of(const DeadLetter& letter) {
  return fmt::format(
      "\"id\":{},\"is_event\":{},\"event_type\":{},\"queue\":{},\"origin\":{},\"exchange\":{},"
      "\"routing_key\":{},\"reason\":{},\"error\":{},\"attempts\":{},\"deferrals\":{},"
      "\"redrives\":{},\"consumer\":{},\"first_failed_at\":{},\"failed_at\":{},\"bytes\":{}",
      quote_json(letter.id), letter.is_event, text_or_null(letter.event_type),
      quote_json(letter.queue), text_or_null(letter.origin), quote_json(letter.exchange),
      quote_json(letter.routing_key), text_or_null(letter.reason), text_or_null(letter.error),
      letter.attempts, letter.deferrals, letter.redrives, text_or_null(letter.consumer),
      text_or_null(letter.first_failed_at), text_or_null(letter.failed_at), letter.body_bytes);
}

}  // namespace

std::string letter_json(const DeadLetter& letter) {
  return "{" + members_of(letter) + "}";
}

std::string whole_letter_json(const DeadLetter& letter, const Delivery& delivery) {
  const bool is_text = is_valid_utf8(delivery.body);
  const std::string body =
      letter.is_event ? fmt::format("\"event\":{}", minify_json(delivery.body))
      : is_text       ? fmt::format("\"body\":{}", quote_json(delivery.body))
                      : fmt::format("\"body_base64\":{}", quote_json(encode_base64(delivery.body)));
  return fmt::format("{{{},\"headers\":{},{}}}", members_of(letter), json_of(headers_of(delivery)),
                     body);
}

std::string whole_letter_text(const DeadLetter& letter, const Delivery& delivery) {
  const auto count = [](std::size_t number) {
    return number == 0 ? std::string() : std::to_string(number);
  };
  const std::vector<std::pair<std::string, std::string>> lines{
      {"id", letter.id},
      {"type", letter.is_event ? letter.event_type : "not an event"},
      {"in", letter.queue},
      {"failed in", letter.origin},
      {"published to", letter.exchange.empty() ? "" : letter.exchange},
      {"routing key", letter.routing_key},
      {"reason", letter.reason},
      {"error", letter.error},
      {"attempts", count(letter.attempts)},
      {"deferrals", count(letter.deferrals)},
      {"redrives", count(letter.redrives)},
      {"consumer", letter.consumer},
      {"first failed", letter.first_failed_at},
      {"last failed", letter.failed_at},
  };
  std::string out;
  for (const auto& [name, value] : lines) {
    if (!value.empty()) out += fmt::format("{:<14}{}\n", name + ":", escape_controls(value));
  }
  const std::string body =
      letter.is_event ? pretty_json(delivery.body) : escape_controls(delivery.body);
  return out + "\n" + body + "\n";
}

}  // namespace bb::cli
