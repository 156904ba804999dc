#include "client/protocol.h"

#include <fmt/core.h>

#include <utility>

#include "base/try.h"
#include "client/text.h"

namespace bb::client {
namespace {

constexpr int kSilentTicksMax = 4;
constexpr std::size_t kGreetingBytesMax = 512;

Tuning wanted_tuning(const amqp::Url& url) {
  return {
      .channel_max = url.channel_max.value_or(amqp::kDefaultChannelMax),
      .frame_max_bytes = amqp::kDefaultFrameMaxBytes,
      .heartbeat_seconds = url.heartbeat_seconds.value_or(amqp::kDefaultHeartbeatSeconds),
  };
}

}  // namespace

Protocol::Protocol(ProtocolOptions options)
    : url_(std::move(options.url)),
      connection_name_(std::move(options.connection_name)),
      error_{ErrorCode::kClosed, "the connection is not open"} {
  link_.peer = peer_name(url_);
  link_.body_bytes_max = options.body_bytes_max;
  link_.output_bytes_max = options.output_bytes_max;
}

void Protocol::start() {
  link_.output.append(amqp::kProtocolHeader);
}

void Protocol::take_output(Buffer& buffer) {
  BB_ASSERT(buffer.empty());
  if (!link_.output.empty()) sent_since_tick_ = true;
  std::swap(buffer, link_.output);
}

std::vector<Event> Protocol::take_events() {
  return std::exchange(link_.events, {});
}

void Protocol::on_bytes(ByteView bytes) {
  if (state_ == State::kEnded) return;
  received_since_tick_ = true;
  if (greeted_ || greet(bytes)) read_frames(bytes);
}

// True once what came is known to be frames. The bytes that were held back for that
// go first.
bool Protocol::greet(ByteView& bytes) {
  greeting_.append(as_text(bytes.first(std::min(bytes.size(), kGreetingBytesMax))));
  if (auto error = foreign_answer(as_bytes(greeting_), link_.peer)) {
    finish(std::move(*error), /*by_close=*/false);
    return false;
  }
  // Only the start of a protocol header is undecided: a frame shows by its first byte, with
  // which nothing was held back.
  const bool is_frame = !greeting_.empty() && greeting_.front() != amqp::kProtocolHeader.front();
  greeted_ = is_frame;
  return is_frame;
}

void Protocol::read_frames(ByteView bytes) {
  reader_.feed(bytes);
  while (state_ != State::kEnded) {
    const auto frame = reader_.next();
    if (!frame) {
      violated(frame.error());
      return;
    }
    if (!*frame) return;
    if (const auto handled = on_frame(**frame); !handled) {
      violated(handled.error());
      return;
    }
  }
}

Result<void> Protocol::on_frame(const amqp::Frame& frame) {
  if (frame.channel != 0) return on_channel_frame(frame);
  if (frame.type == amqp::FrameType::kHeartbeat) return {};
  if (frame.type != amqp::FrameType::kMethod) {
    return fail(ErrorCode::kUnexpectedFrame, "the broker sent content on channel 0");
  }
  BB_TRY_ASSIGN(const amqp::Method method, amqp::decode_method(frame.payload));
  return on_connection_method(method);
}

Result<void> Protocol::on_connection_method(const amqp::Method& method) {
  namespace wire = amqp::connection;
  if (const auto* close = std::get_if<wire::Close>(&method)) {
    on_close(*close);
    return {};
  }
  switch (state_) {
    case State::kStart:
      if (const auto* start = std::get_if<wire::Start>(&method)) return on_start(*start);
      break;
    case State::kTune:
      if (const auto* tune = std::get_if<wire::Tune>(&method)) return on_tune(*tune);
      break;
    case State::kOpenOk:
      if (std::holds_alternative<wire::OpenOk>(method)) {
        state_ = State::kOpen;
        link_.events.emplace_back(Opened{});
        return {};
      }
      break;
    case State::kClosing:
      if (std::holds_alternative<wire::CloseOk>(method)) {
        said_goodbye_ = true;
        finish({ErrorCode::kClosed, "the connection is closed"}, /*by_close=*/true);
        return {};
      }
      break;
    case State::kOpen:
    case State::kEnded:
      break;
  }
  if (const auto* blocked = std::get_if<wire::Blocked>(&method)) {
    link_.events.emplace_back(BlockedChanged{true, one_line(blocked->reason)});
    return {};
  }
  if (std::holds_alternative<wire::Unblocked>(method)) {
    link_.events.emplace_back(BlockedChanged{false, {}});
    return {};
  }
  return fail(ErrorCode::kCommandInvalid,
              fmt::format("the broker sent {}, which does not belong here",
                          amqp::method_name(amqp::method_id(method))));
}

Result<void> Protocol::on_start(const amqp::connection::Start& start) {
  if (start.version_major != 0 || start.version_minor != 9) {
    return fail(ErrorCode::kNotImplemented,
                fmt::format("{} speaks AMQP {}-{}, and AMQP 0-9-1 is needed", link_.peer,
                            start.version_major, start.version_minor));
  }
  const auto login = choose_login(start.mechanisms, url_);
  if (!login) {
    finish(login.error(), /*by_close=*/false);
    return {};
  }
  server_properties_ = start.server_properties;
  amqp::encode_method(link_.output, 0,
                      amqp::connection::StartOk{
                          .client_properties = client_properties(connection_name_),
                          .mechanism = login->mechanism,
                          .response = login->response,
                          .locale = "en_US",
                      });
  state_ = State::kTune;
  return {};
}

Result<void> Protocol::on_tune(const amqp::connection::Tune& tune) {
  BB_TRY_ASSIGN(tuning_, negotiate(wanted_tuning(url_), tune));
  reader_.set_frame_max(tuning_.frame_max_bytes);
  link_.frame_max_bytes = tuning_.frame_max_bytes;
  amqp::encode_method(link_.output, 0,
                      amqp::connection::TuneOk{.channel_max = tuning_.channel_max,
                                               .frame_max = tuning_.frame_max_bytes,
                                               .heartbeat = tuning_.heartbeat_seconds});
  amqp::encode_method(link_.output, 0, amqp::connection::Open{.virtual_host = url_.vhost});
  state_ = State::kOpenOk;
  return {};
}

void Protocol::on_close(const amqp::connection::Close& close) {
  const State before = state_;
  amqp::encode_method(link_.output, 0, amqp::connection::CloseOk{});
  if (before == State::kTune || before == State::kOpenOk || before == State::kStart) {
    finish(refused_by_broker(close, url_), /*by_close=*/false);
    return;
  }
  // RabbitMQ says 200 when an operator closes the connection.
  const ErrorCode code =
      close.reply_code == 200 ? ErrorCode::kClosed : error_from_amqp(close.reply_code);
  finish({code, fmt::format("the broker at {} closed the connection: {}", link_.peer,
                            one_line(close.reply_text))},
         /*by_close=*/before == State::kClosing);
}

Result<void> Protocol::on_channel_frame(const amqp::Frame& frame) {
  const auto channel = channels_.find(frame.channel);
  if (channel == channels_.end()) {
    return fail(
        ErrorCode::kChannelError,
        fmt::format("the broker sent a frame on channel {}, which is not open", frame.channel));
  }
  BB_TRY(channel->second->on_frame(frame));
  if (channel->second->is_gone()) channels_.erase(channel);
  return {};
}

// The broker broke the protocol: tell it, and do not wait for what it says.
void Protocol::violated(const Error& error) {
  const std::string text = one_line(error.message, amqp::kShortStringMaxBytes - 3);
  amqp::encode_method(link_.output, 0,
                      amqp::connection::Close{.reply_code = error_info(error.code).amqp_reply_code,
                                              .reply_text = text});
  finish({error.code, fmt::format("the connection to {} failed: {}", link_.peer, error.message)},
         /*by_close=*/state_ == State::kClosing);
}

void Protocol::on_eof(std::string_view reason) {
  const std::string how = reason.empty() ? "" : fmt::format(" ({})", one_line(reason));
  switch (state_) {
    case State::kStart:
      finish(
          {ErrorCode::kUnreachable,
           fmt::format("{} closed the connection without answering{}: check that the port of "
                       "the URL is the broker's AMQP port{}",
                       link_.peer, how, url_.tls ? "" : ", and whether it wants TLS (amqps://)")},
          /*by_close=*/false);
      break;
    case State::kTune:
      finish(dropped_after_login(url_), /*by_close=*/false);
      break;
    case State::kOpenOk:
      finish({ErrorCode::kUnreachable,
              fmt::format("the broker at {} hung up during the handshake{}: check the virtual "
                          "host '{}', and the broker's log",
                          link_.peer, how, one_line(url_.vhost))},
             /*by_close=*/false);
      break;
    case State::kOpen:
    case State::kClosing:
      finish({ErrorCode::kClosed,
              fmt::format("the connection to the broker at {} broke off{}", link_.peer, how)},
             /*by_close=*/state_ == State::kClosing);
      break;
    case State::kEnded:
      break;
  }
}

void Protocol::on_tick() {
  if (state_ != State::kOpen && state_ != State::kClosing) return;
  // What waits in the output shows that we live once it gets through.
  if (!std::exchange(sent_since_tick_, false) && link_.output.empty()) {
    amqp::encode_heartbeat(link_.output);
  }
  silent_ticks_ = std::exchange(received_since_tick_, false) ? 0 : silent_ticks_ + 1;
  if (silent_ticks_ < kSilentTicksMax) return;
  finish({ErrorCode::kClosed,
          fmt::format("the broker at {} has been silent for two heartbeats of {} s: the connection "
                      "is given up",
                      link_.peer, tuning_.heartbeat_seconds)},
         /*by_close=*/state_ == State::kClosing);
}

void Protocol::end(Error error) {
  finish(std::move(error), /*by_close=*/state_ == State::kClosing);
}

void Protocol::close() {
  if (state_ == State::kClosing || state_ == State::kEnded) return;
  if (state_ != State::kOpen) {
    finish({ErrorCode::kClosed, "the connection is closed"}, /*by_close=*/true);
    return;
  }
  amqp::encode_method(link_.output, 0,
                      amqp::connection::Close{.reply_code = 200, .reply_text = "goodbye"});
  error_ = {ErrorCode::kClosed, "the connection is closed"};
  link_.closing = true;
  state_ = State::kClosing;
}

void Protocol::finish(Error error, bool by_close) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  error_ = std::move(error);
  for (const auto& [number, channel] : std::exchange(channels_, {})) {
    channel->end(error_, by_close);
  }
  link_.events.emplace_back(ConnectionEnded{.error = error_, .by_close = by_close});
}

Result<std::shared_ptr<ChannelProtocol>> Protocol::open_channel() {
  if (state_ != State::kOpen) return fail(error_);
  const std::uint32_t limit = tuning_.channel_max == 0 ? 65535 : tuning_.channel_max;
  if (channels_.size() >= limit) {
    return fail(ErrorCode::kNotAllowed,
                fmt::format("{} channels are open on the connection to {}, which is its limit: "
                            "close one, or open another connection",
                            channels_.size(), link_.peer));
  }
  std::uint16_t number = 1;
  for (const auto& [taken, channel] : channels_) {
    if (taken != number) break;
    ++number;
  }
  auto channel = std::make_shared<ChannelProtocol>(link_, number, ChannelKey{++channels_made_});
  channels_.emplace(number, channel);
  return channel;
}

}  // namespace bb::client
