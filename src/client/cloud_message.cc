#include "client/cloud_message.h"

#include <variant>

#include "event/cloud_event.h"

namespace bb::client {
namespace {

constexpr std::string_view kPrefix = "cloudEvents";

// An attribute's value as the text that it has in the other bindings.
std::optional<std::string> text_of(const amqp::FieldValue& value) {
  if (const std::string* const text = value.as_string()) return *text;
  if (const bool* const flag = value.as_bool()) return *flag ? "true" : "false";
  if (const auto number = value.as_integer()) return std::to_string(*number);
  if (const auto* const time = std::get_if<amqp::FieldTimestamp>(&value.value)) {
    return format_rfc3339(Timestamp(std::chrono::seconds(time->seconds)));
  }
  return std::nullopt;
}

}  // namespace

amqp::FieldTable cloud_event_headers(const Envelope& envelope) {
  amqp::FieldTable headers;
  for (const auto& [name, value] : event::cloud_attributes(envelope)) {
    if (name == "datacontenttype") continue;  // it is the message's content type
    headers.append(std::string(kPrefix) + "_" + name, amqp::FieldValue(value));
  }
  return headers;
}

std::optional<std::string> envelope_of_binary(const amqp::BasicProperties& properties,
                                              std::string_view body) {
  if (!properties.headers) return std::nullopt;
  // Nearly all messages: without decoding.
  if (as_text(*properties.headers).find(kPrefix) == std::string_view::npos) return std::nullopt;
  const auto headers = amqp::decode_table(*properties.headers);
  if (!headers) return std::nullopt;
  event::CloudAttributes attributes;
  bool is_cloud_event = false;
  for (const auto& [name, value] : headers->entries()) {
    if (!name.starts_with(kPrefix) || name.size() <= kPrefix.size() + 1) continue;
    const char separator = name[kPrefix.size()];
    if (separator != '_' && separator != ':') continue;
    auto text = text_of(value);
    if (!text) continue;
    std::string attribute = name.substr(kPrefix.size() + 1);
    if (attribute == "specversion") is_cloud_event = text->starts_with("1.");
    attributes.emplace_back(std::move(attribute), *std::move(text));
  }
  if (!is_cloud_event) return std::nullopt;
  const auto envelope = event::envelope_of_cloud_event(attributes, body);
  if (!envelope) return std::nullopt;
  return serialize(*envelope);
}

void read_cloud_event(Delivery& delivery) {
  amqp::BasicProperties properties = delivery.properties();
  auto text = envelope_of_binary(properties, delivery.body);
  if (!text) return;
  amqp::FieldTable kept;
  if (const auto headers = amqp::decode_table(*properties.headers)) {
    for (const auto& [name, value] : headers->entries()) {
      if (!name.starts_with(kPrefix)) kept.append(name, value);
    }
  }
  const std::string encoded = amqp::encode_table_content(kept);
  properties.headers = as_bytes(encoded);
  properties.content_type = "application/json";
  Buffer out;
  amqp::encode_properties(out, properties);
  delivery.encoded_properties = std::string(as_text(out.view()));
  delivery.body = *std::move(text);
}

}  // namespace bb::client
