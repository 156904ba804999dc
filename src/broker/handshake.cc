#include "broker/handshake.h"

#include <fmt/format.h>

#include <utility>

#include "amqp/constants.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

bool flag(const amqp::FieldTable* table, std::string_view name) {
  if (table == nullptr) return false;
  const amqp::FieldValue* value = table->find(name);
  const bool* set = value == nullptr ? nullptr : value->as_bool();
  return set != nullptr && *set;
}

// RFC 4616: [authzid] NUL authcid NUL passwd.
Result<Credentials> parse_plain(std::string_view response) {
  const std::size_t user_at = response.find('\0');
  const std::size_t password_at =
      user_at == std::string_view::npos ? user_at : response.find('\0', user_at + 1);
  if (password_at == std::string_view::npos) {
    return fail(ErrorCode::kSyntaxError, "response is not of the form of mechanism PLAIN");
  }
  return Credentials{std::string(response.substr(user_at + 1, password_at - user_at - 1)),
                     std::string(response.substr(password_at + 1))};
}

// A field table without its length, with LOGIN and PASSWORD.
Result<Credentials> parse_amqplain(std::string_view response) {
  const auto table = amqp::decode_table(as_bytes(response));
  const std::string* user = nullptr;
  const std::string* password = nullptr;
  if (table) {
    if (const auto* value = table->find("LOGIN")) user = value->as_string();
    if (const auto* value = table->find("PASSWORD")) password = value->as_string();
  }
  if (user == nullptr || password == nullptr) {
    return fail(ErrorCode::kSyntaxError, "response is not of the form of mechanism AMQPLAIN");
  }
  return Credentials{*user, *password};
}

}  // namespace

amqp::FieldTable server_properties(const Options& options) {
  const amqp::FieldTable capabilities{
      {"publisher_confirms", true},
      {"basic.nack", true},
      {"consumer_cancel_notify", true},
      {"connection.blocked", true},
      {"per_consumer_qos", true},
      {"authentication_failure_close", true},
      {"exchange_exchange_bindings", true},
      {"consumer_priorities", true},
      {"direct_reply_to", true},
  };
  return amqp::FieldTable{
      {"capabilities", capabilities},
      {"cluster_name", options.cluster_name},
      {"copyright", "Copyright the Bloodbank authors"},
      {"information", "Licensed under the Apache License, Version 2.0"},
      {"platform", "C++"},
      {"product", options.product},
      {"version", options.version},
  };
}

ClientCapabilities client_capabilities(const amqp::FieldTable& client_properties) {
  const amqp::FieldValue* value = client_properties.find("capabilities");
  const amqp::FieldTable* table = value == nullptr ? nullptr : value->as_table();
  return {.consumer_cancel_notify = flag(table, "consumer_cancel_notify"),
          .authentication_failure_close = flag(table, "authentication_failure_close"),
          .connection_blocked = flag(table, "connection.blocked")};
}

Result<Credentials> parse_credentials(std::string_view mechanism, std::string_view response) {
  if (mechanism == "PLAIN") return parse_plain(response);
  if (mechanism == "AMQPLAIN") return parse_amqplain(response);
  return fail(ErrorCode::kCommandInvalid,
              fmt::format("unknown authentication mechanism '{}'", mechanism));
}

Result<Limits> negotiate(const amqp::connection::TuneOk& answer, const Options& options) {
  const auto refuse = [](std::string_view field, auto value, std::string_view relation,
                         std::string_view bound, auto limit) {
    return fail(ErrorCode::kNotAllowed,
                fmt::format("negotiated {} = {}{} is {} than the {} allowed value ({})", field,
                            value, value == 0 ? " (no limit)" : "", relation, bound, limit));
  };
  if (answer.channel_max == 0 || answer.channel_max > options.channel_max) {
    return refuse("channel_max", answer.channel_max, "higher", "maximum", options.channel_max);
  }
  if (answer.frame_max == 0 || answer.frame_max > options.frame_max_bytes) {
    return refuse("frame_max", answer.frame_max, "higher", "maximum", options.frame_max_bytes);
  }
  if (answer.frame_max < amqp::kFrameMinBytes) {
    return refuse("frame_max", answer.frame_max, "lower", "minimum", amqp::kFrameMinBytes);
  }
  return Limits{
      .channel_max = answer.channel_max,
      .frame_max_bytes = answer.frame_max,
      .heartbeat_seconds = answer.heartbeat,
  };
}

}  // namespace bb::broker
