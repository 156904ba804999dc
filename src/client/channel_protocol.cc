#include "client/channel_protocol.h"

#include <fmt/core.h>

#include <array>

#include "client/text.h"

namespace bb::client {
namespace {

constexpr std::size_t kContentHeaderBytes = 12;  // class, weight, body size

}  // namespace

Result<void> Link::check_room(std::size_t bytes) const {
  if (output.size() + bytes <= output_bytes_max) return {};
  return fail(ErrorCode::kResourceError,
              fmt::format("{} bytes wait to be sent to {} already, and the limit is {}: wait for "
                          "writable() between publishes",
                          output.size(), peer, output_bytes_max));
}

Result<void> check_short_string(std::string_view what, std::string_view text) {
  if (text.size() <= amqp::kShortStringMaxBytes) return {};
  return fail(ErrorCode::kUsage, fmt::format("{} has {} bytes, and AMQP allows {}", what,
                                             text.size(), amqp::kShortStringMaxBytes));
}

ChannelProtocol::ChannelProtocol(Link& link, std::uint16_t number, ChannelKey key)
    : link_(link), number_(number), key_(key), assembler_(link.body_bytes_max) {
  amqp::encode_method(link_.output, number_, amqp::channel::Open{});
  calls_.push_back({.request = amqp::channel::Open::kId, .call = std::nullopt});
}

Result<void> ChannelProtocol::check_open() const {
  if (is_open()) return {};
  if (state_ == State::kOpen) return fail(ErrorCode::kClosed, "the connection is closed");
  return fail(error_);
}

Result<void> ChannelProtocol::check_can_call() const {
  if (calls_.size() < kPendingCallsMax) return {};
  return fail(ErrorCode::kResourceError,
              fmt::format("{} calls wait for their answers on one channel: wait for some before "
                          "making more",
                          calls_.size()));
}

Result<void> ChannelProtocol::check_frame_fits(std::size_t start, std::string_view what) {
  const std::size_t frame_bytes = link_.output.size() - start;
  if (frame_bytes <= link_.frame_max_bytes) return {};
  link_.output.truncate(start);
  return fail(ErrorCode::kContentTooLarge,
              fmt::format("{} needs a frame of {} bytes, and the broker accepts {}", what,
                          frame_bytes, link_.frame_max_bytes));
}

CallId ChannelProtocol::expect_answer(amqp::MethodId request) {
  const auto call = CallId{++link_.calls_made};
  calls_.push_back({.request = request, .call = call});
  return call;
}

Result<void> ChannelProtocol::enable_confirms() {
  BB_TRY(check_open());
  if (confirms_) return {};
  if (published_ > 0) {
    return fail(ErrorCode::kUsage,
                "confirms are turned on before the first message is published, not after");
  }
  BB_TRY(send(amqp::confirm::Select{.no_wait = true}));
  confirms_ = true;
  return {};
}

Result<void> ChannelProtocol::check_publishable(const OutgoingMessage& message) const {
  using Text = std::optional<std::string_view>;
  const auto& properties = message.properties;
  const auto texts = std::to_array<std::pair<std::string_view, Text>>({
      {"the name of the exchange", message.exchange},
      {"the routing key", message.routing_key},
      {"the property content_type", properties.content_type},
      {"the property content_encoding", properties.content_encoding},
      {"the property correlation_id", properties.correlation_id},
      {"the property reply_to", properties.reply_to},
      {"the property expiration", properties.expiration},
      {"the property message_id", properties.message_id},
      {"the property type", properties.type},
      {"the property user_id", properties.user_id},
      {"the property app_id", properties.app_id},
      {"the property cluster_id", properties.cluster_id},
  });
  for (const auto& [what, text] : texts) {
    if (text) BB_TRY(check_short_string(what, *text));
  }
  if (tracker_.window() >= kUnconfirmedMax) {
    return fail(ErrorCode::kResourceError,
                fmt::format("{} messages wait to be confirmed: wait_unconfirmed_at_most() "
                            "between publishes",
                            tracker_.window()));
  }
  return link_.check_room(message.body.size());
}

Result<std::uint64_t> ChannelProtocol::publish(const OutgoingMessage& message) {
  BB_TRY(check_open());
  BB_TRY(check_publishable(message));
  link_.scratch.clear();
  amqp::encode_properties(link_.scratch, message.properties);
  const ByteView properties = link_.scratch.view();
  const std::size_t header_bytes =
      amqp::kFrameOverheadBytes + kContentHeaderBytes + properties.size();
  if (header_bytes > link_.frame_max_bytes) {
    return fail(ErrorCode::kContentTooLarge,
                fmt::format("the message's properties and headers need a frame of {} bytes, and "
                            "the broker accepts {}",
                            header_bytes, link_.frame_max_bytes));
  }
  amqp::encode_method(link_.output, number_,
                      amqp::basic::Publish{.exchange = message.exchange,
                                           .routing_key = message.routing_key,
                                           .mandatory = message.mandatory});
  amqp::encode_content(link_.output, number_, properties, as_bytes(message.body),
                       link_.frame_max_bytes);
  if (!confirms_) return ++published_;
  if (!message.mandatory) return tracker_.add(std::nullopt);
  return tracker_.add(ConfirmTracker::fingerprint(message.exchange, message.routing_key,
                                                  message.properties.message_id, message.body));
}

Result<CallId> ChannelProtocol::close() {
  BB_TRY(check_open());
  // No limit applies: closing is what gives memory back.
  amqp::encode_method(link_.output, number_,
                      amqp::channel::Close{.reply_code = 200, .reply_text = "goodbye"});
  state_ = State::kClosing;
  error_ = {ErrorCode::kClosed, "the channel is closed"};
  return expect_answer(amqp::channel::Close::kId);
}

void ChannelProtocol::end(const Error& error, bool by_close) {
  if (state_ == State::kGone) return;
  const bool was_closing = state_ == State::kClosing;
  const bool announced = state_ == State::kAbandoned;
  state_ = State::kGone;
  if (announced) return;
  announce_end(error, by_close || was_closing);
}

void ChannelProtocol::announce_end(const Error& error, bool by_close) {
  error_ = error;
  fail_calls(error, /*kept=*/0);
  link_.events.emplace_back(ChannelEnded{.channel = key_, .error = error, .by_close = by_close});
}

void ChannelProtocol::fail_calls(const Error& error, std::size_t kept) {
  while (calls_.size() > kept) {
    if (const auto call = calls_.front().call) {
      link_.events.emplace_back(CallDone{.channel = key_, .call = *call, .result = fail(error)});
    }
    calls_.pop_front();
  }
}

// The broker sent what this channel cannot take. The connection is not at fault.
void ChannelProtocol::abandon(const Error& error) {
  const std::string text = one_line(error.message, amqp::kShortStringMaxBytes - 3);
  amqp::encode_method(link_.output, number_,
                      amqp::channel::Close{.reply_code = error_info(error.code).amqp_reply_code,
                                           .reply_text = text});
  const bool was_closing = state_ == State::kClosing;
  state_ = State::kAbandoned;
  announce_end(error, was_closing);
}

}  // namespace bb::client
