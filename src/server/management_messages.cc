// Messages one by one: to look into a queue, and to try a route.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <utility>
#include <vector>

#include "amqp/constants.h"
#include "amqp/properties.h"
#include "base/base64.h"
#include "base/try.h"
#include "base/utf8.h"
#include "broker/access_json.h"
#include "broker/arguments.h"
#include "broker/json_table.h"
#include "broker/message_traits.h"
#include "broker/quarantine.h"
#include "broker/sender_copies.h"
#include "server/management_call.h"
#include "server/management_json.h"

namespace bb::server {
namespace {

namespace json = boost::json;
using broker::Access;
using broker::ResourceKind;

constexpr std::int64_t kMessagesMax = 1000;               // of one request
constexpr std::uint64_t kAnswerBodyBytesMax = 64u << 20;  // of their bodies together
constexpr std::size_t kPropertiesBytesMax = amqp::kDefaultFrameMaxBytes - 1024;

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

json::object properties_json(const amqp::BasicProperties& properties) {
  json::object object;
  const auto add = [&](std::string_view name, const auto& value) {
    if (value) object[name] = *value;
  };
  add("content_type", properties.content_type);
  add("content_encoding", properties.content_encoding);
  add("delivery_mode", properties.delivery_mode);
  add("priority", properties.priority);
  add("correlation_id", properties.correlation_id);
  add("reply_to", properties.reply_to);
  add("expiration", properties.expiration);
  add("message_id", properties.message_id);
  add("timestamp", properties.timestamp);
  add("type", properties.type);
  add("user_id", properties.user_id);
  add("app_id", properties.app_id);
  if (properties.headers) {
    if (const auto headers = amqp::decode_table(*properties.headers)) {
      object["headers"] = broker::to_json(*headers);
    }
  }
  return object;
}

json::object message_json(const broker::QueuedMessage& queued, std::uint32_t left, bool base64) {
  const broker::Message& message = *queued.message;
  json::object object{{"payload_bytes", message.body().size()},
                      {"redelivered", queued.redelivered},
                      {"exchange", message.exchange()},
                      {"routing_key", message.routing_key()},
                      {"message_count", left}};
  const std::string shown = broker::without_blind_copies(message.properties());
  const auto properties = amqp::decode_properties(as_bytes(shown));
  object["properties"] = properties ? properties_json(*properties) : json::object();
  base64 = base64 || !is_utf8(message.body());
  object["payload"] = base64 ? encode_base64(message.body()) : std::string(message.body());
  object["payload_encoding"] = base64 ? "base64" : "string";
  return object;
}

// Text of these is borrowed from `json`; `headers` holds the encoded table.
Result<amqp::BasicProperties> properties_from_json(const json::object& object,
                                                   std::string& headers) {
  amqp::BasicProperties properties;
  const auto text = [&](std::string_view name, std::optional<std::string_view>& into) {
    const json::value* const value = object.if_contains(name);
    if (value == nullptr) return true;
    if (!value->is_string() || value->get_string().size() > amqp::kShortStringMaxBytes) {
      return false;
    }
    into = std::string_view(value->get_string());
    return true;
  };
  const auto octet = [&](std::string_view name, std::optional<std::uint8_t>& into) {
    const json::value* const value = object.if_contains(name);
    if (value == nullptr) return true;
    if (!value->is_int64() || value->get_int64() < 0 || value->get_int64() > 255) return false;
    into = static_cast<std::uint8_t>(value->get_int64());
    return true;
  };
  const bool good =
      text("content_type", properties.content_type) &&
      text("content_encoding", properties.content_encoding) &&
      text("correlation_id", properties.correlation_id) && text("reply_to", properties.reply_to) &&
      text("expiration", properties.expiration) && text("message_id", properties.message_id) &&
      text("type", properties.type) && text("user_id", properties.user_id) &&
      text("app_id", properties.app_id) && octet("delivery_mode", properties.delivery_mode) &&
      octet("priority", properties.priority);
  if (!good) {
    return fail(ErrorCode::kPreconditionFailed, "a property is of the wrong type, or too long");
  }
  if (const json::value* const value = object.if_contains("timestamp")) {
    if (!value->is_int64() || value->get_int64() < 0) {
      return fail(ErrorCode::kPreconditionFailed, "'timestamp' has to be seconds since 1970");
    }
    properties.timestamp = static_cast<std::uint64_t>(value->get_int64());
  }
  if (const json::value* const value = object.if_contains("headers")) {
    if (!value->is_object()) {
      return fail(ErrorCode::kPreconditionFailed, "'headers' has to be an object");
    }
    BB_TRY_ASSIGN(const amqp::FieldTable table, broker::table_from_json(value->get_object()));
    headers = amqp::encode_table_content(table);
    properties.headers = as_bytes(headers);
  }
  return properties;
}

}  // namespace

ManagementResult get_messages(const ManagementCall& call) {
  const std::string& name = call.arguments[1];
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  BB_TRY(call.check(Access::kRead, *vhost, ResourceKind::kQueue, name));
  BB_TRY_ASSIGN(broker::Queue* const queue, vhost->find_queue(name, /*connection=*/0));
  if (queue->is_stream()) {
    return broker::not_for_streams("basic.get", broker::describe("queue", name, vhost->name()));
  }
  BB_TRY_ASSIGN(const json::object body, call.body());
  BB_TRY_ASSIGN(const std::string mode, broker::text_of(body, "ackmode"));
  BB_TRY_ASSIGN(const std::string encoding, broker::text_of(body, "encoding", "auto"));
  const json::value* const count = body.if_contains("count");
  if (count == nullptr || !count->is_int64() || count->get_int64() < 1 ||
      count->get_int64() > kMessagesMax) {
    return fail(ErrorCode::kPreconditionFailed, "'count' has to be a number from 1 to 1000");
  }
  const bool requeue = mode == "ack_requeue_true" || mode == "reject_requeue_true";
  if (!requeue && mode != "ack_requeue_false" && mode != "reject_requeue_false") {
    return fail(ErrorCode::kPreconditionFailed,
                "'ackmode' has to be ack_requeue_true, reject_requeue_true, ack_requeue_false or "
                "reject_requeue_false");
  }

  json::array list;
  std::vector<broker::QueuedMessage> taken;
  std::uint64_t bytes = 0;
  while (std::ssize(taken) < count->get_int64() && bytes < kAnswerBodyBytesMax) {
    auto message = queue->pop();
    if (!message) break;
    bytes += message->message->body().size();
    list.push_back(message_json(*message, queue->message_count(), encoding == "base64"));
    taken.push_back(*std::move(message));
  }
  for (broker::QueuedMessage& message : taken) {
    if (requeue) {
      queue->requeue(std::move(message));
    } else {
      queue->settle(message);
    }
  }
  queue->dispatch();
  return json_response(list);
}

ManagementResult publish_message(const ManagementCall& call) {
  BB_TRY_ASSIGN(broker::VHost* const vhost, call.vhost(call.arguments[0]));
  const std::string_view exchange = exchange_name(call.arguments[1]);
  BB_TRY(call.check(Access::kWrite, *vhost, ResourceKind::kExchange, exchange));
  BB_TRY_ASSIGN(const json::object body, call.body());
  BB_TRY_ASSIGN(const std::string routing_key, broker::text_of(body, "routing_key"));
  BB_TRY_ASSIGN(std::string payload, broker::text_of(body, "payload"));
  BB_TRY_ASSIGN(const std::string encoding, broker::text_of(body, "payload_encoding", "string"));
  if (routing_key.size() > amqp::kShortStringMaxBytes) {
    return fail(ErrorCode::kPreconditionFailed, "'routing_key' is longer than 255 bytes");
  }
  if (encoding == "base64") {
    auto decoded = decode_base64(payload);
    if (!decoded) return fail(ErrorCode::kPreconditionFailed, "'payload' is not Base64");
    payload = *std::move(decoded);
  } else if (encoding != "string") {
    return fail(ErrorCode::kPreconditionFailed, "'payload_encoding' has to be string or base64");
  }
  const json::value* const given = body.if_contains("properties");
  const json::object none;
  const json::object& properties_object =
      given != nullptr && given->is_object() ? given->get_object() : none;
  std::string headers;
  BB_TRY_ASSIGN(const amqp::BasicProperties properties,
                properties_from_json(properties_object, headers));
  if (properties.user_id && *properties.user_id != call.user) {
    return fail(ErrorCode::kPreconditionFailed, "'user_id' has to be who publishes");
  }
  if (properties.expiration) BB_TRY(broker::check_expiration(*properties.expiration));
  Buffer encoded;
  amqp::encode_properties(encoded, properties);
  // They have to go into one frame for whoever gets the message.
  if (encoded.size() > kPropertiesBytesMax) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("the properties take more than {} bytes", kPropertiesBytesMax));
  }
  BB_TRY(vhost->check_publish(exchange));
  BB_TRY_ASSIGN(const broker::PublishOutcome outcome,
                vhost->publish({.exchange = exchange,
                                .routing_key = routing_key,
                                .properties = as_text(encoded.view()),
                                .body = payload,
                                .decoded = properties}));
  if (outcome.invalid) {
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("the exchange refused the event: it is in the queue '{}' with the reason",
                    broker::quarantine_name(exchange)));
  }
  if (outcome.refused) return fail(ErrorCode::kIo, "the message could not be kept");
  return json_response(json::object{{"routed", outcome.routed}});
}

}  // namespace bb::server
