// The decisions of the handshake (AMQP 0-9-1 §2.2.4), each a function of what the broker
// sent: who we are, how to log in, what was negotiated, and what to tell the user when
// it fails. No message ever holds a password.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "amqp/field_table.h"
#include "amqp/methods.h"
#include "amqp/url.h"
#include "bloodbank/result.h"

namespace bb::client {

// What connection.start-ok says about us. Capabilities are those that the client acts upon.
amqp::FieldTable client_properties(std::string_view connection_name);

struct Login {
  std::string_view mechanism;
  std::string response;
};
// The first of the URL's mechanisms that the broker offers; where the URL names none, PLAIN or else
// AMQPLAIN. kNotImplemented names what the broker offers. `mechanisms` is separated by spaces.
Result<Login> choose_login(std::string_view mechanisms, const amqp::Url& url);

struct Tuning {
  std::uint16_t channel_max = 0;
  std::uint32_t frame_max_bytes = 0;
  std::uint16_t heartbeat_seconds = 0;  // 0: none
};
// The smaller value of both sides, or the only one that is not 0. kFrameError for a
// frame_max that AMQP does not allow.
Result<Tuning> negotiate(const Tuning& wanted, const amqp::connection::Tune& offered);

// "host:port", with brackets around an IPv6 address.
std::string peer_name(const amqp::Url& url);

// What is wrong with a first answer that is no AMQP 0-9-1 frame; nullopt when it may
// still be one. At most 8 bytes are needed to tell, more make a better message.
std::optional<Error> foreign_answer(ByteView first_bytes, const std::string& peer);

// connection.close during the handshake.
Error refused_by_broker(const amqp::connection::Close& close, const amqp::Url& url);
// The socket was closed right after the log-in: how brokers before the capability
// authentication_failure_close refuse a password.
Error dropped_after_login(const amqp::Url& url);
// No answer to the log-in in time: brokers hold back that they refuse a password.
Error unanswered_login(const amqp::Url& url);

}  // namespace bb::client
