// The parts of connection negotiation that need no connection (AMQP 0-9-1 §2.2.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "amqp/field_table.h"
#include "amqp/methods.h"
#include "bloodbank/result.h"
#include "broker/options.h"

namespace bb::broker {

inline constexpr std::string_view kMechanisms = "PLAIN AMQPLAIN";
inline constexpr std::string_view kLocales = "en_US";

// What connection.start says of this broker. A capability is there only when it is really done:
// clients branch on them.
amqp::FieldTable server_properties(const Options& options);

// What a client said it can take.
struct ClientCapabilities {
  bool consumer_cancel_notify = false;
  bool authentication_failure_close = false;
  bool connection_blocked = false;
};
ClientCapabilities client_capabilities(const amqp::FieldTable& client_properties);

struct Credentials {
  std::string user;
  std::string password;
};

// Reads the response of connection.start-ok. kCommandInvalid for a mechanism that was
// not offered, kSyntaxError for a response that is not of its mechanism's form.
Result<Credentials> parse_credentials(std::string_view mechanism, std::string_view response);

// What both sides will keep to.
struct Limits {
  std::uint16_t channel_max = 0;
  std::uint32_t frame_max_bytes = 0;
  std::uint16_t heartbeat_seconds = 0;  // 0: none
};

// Holds connection.tune-ok against what was offered. kNotAllowed for more than that, which
// is what 0 asks for in channel_max and frame_max, and for frames below the minimum.
Result<Limits> negotiate(const amqp::connection::TuneOk& answer, const Options& options);

}  // namespace bb::broker
