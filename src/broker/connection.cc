#include "broker/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "amqp/constants.h"
#include "base/assert.h"
#include "base/logging.h"
#include "base/try.h"
#include "broker/broker.h"
#include "broker/method_text.h"
#include "broker/reply.h"

namespace bb::broker {
namespace {

// Frames before tune-ok: room for generous client properties, little for strangers.
constexpr std::uint32_t kHandshakeFrameBytes = 8192;

// Input waits once this many times output_bytes_max wait for the socket: deliveries pause at one.
constexpr std::size_t kOutputPauses = 2;

constexpr std::chrono::milliseconds kLastWordsGrace{1000};

// How long the memory of an empty output buffer is kept for the next output.
constexpr std::chrono::milliseconds kOutputKept{1000};

// RabbitMQ takes a method that is malformed or unknown for a broken frame.
Error undecodable(const Error& error) {
  return {ErrorCode::kFrameError, "cannot decode: " + error.message};
}

}  // namespace

Connection::Connection(Broker& owner, ConnectionId id, Peer peer, ConnectionObserver& observer,
                       TimePoint now)
    : broker_(owner),
      id_(id),
      peer_(std::move(peer)),
      observer_(observer),
      frames_(kHandshakeFrameBytes),
      deadline_(now + owner.context_.options.handshake_timeout),
      last_received_(now),
      last_sent_(now),
      last_progress_(now) {}

Connection::~Connection() {
  attention_called_ = true;  // nobody is there to be told any more
  finish({});
  broker_.connections_.erase(this);
  if (awaits_durable_) std::erase(broker_.await_durable_, this);
  broker_.settle_up();
  broker_.check_memory();
}

BrokerContext& Connection::broker() {
  return broker_.context_;
}

std::string Connection::describe() const {
  return user_.empty() ? peer_.address : fmt::format("{}@{}", user_, peer_.address);
}

std::string Connection::name() const {
  return peer_.local.empty() ? peer_.address : fmt::format("{} -> {}", peer_.address, peer_.local);
}

void Connection::on_bytes(ByteView bytes, TimePoint now) {
  broker_.context_.clock.set(now);
  last_received_ = now;
  received_bytes_ += bytes.size();
  if (state_ == State::kProtocolHeader) {
    const std::size_t missing = amqp::kProtocolHeader.size() - protocol_header_.size();
    const ByteView head = bytes.first(std::min(missing, bytes.size()));
    protocol_header_.append(as_text(head));
    bytes = bytes.subspan(head.size());
    on_protocol_header();
  }
  if (state_ == State::kProtocolHeader || state_ == State::kFinished) return;
  if (!backlog_.empty()) {
    backlog_.append(bytes);
    return;
  }
  process(bytes, now);
}

void Connection::process(ByteView bytes, TimePoint now) {
  frames_.feed(bytes);
  for (;;) {
    // Answers to basic.get can be a million times larger than the question.
    if (output_.size() >= kOutputPauses * broker_.context_.options.output_bytes_max) {
      backlog_.append(frames_.take_unread());
      break;
    }
    const auto next = frames_.next();
    if (!next) {
      fail_connection(next.error(), {});
      // No close-ok can be read from a broken stream: only leave our last words time to arrive.
      if (state_ == State::kClosing) {
        deadline_ = now + std::min(broker_.context_.options.close_timeout, kLastWordsGrace);
      }
      break;
    }
    const std::optional<amqp::Frame>& frame = *next;
    if (!frame) break;
    on_frame(*frame);
    broker_.settle_up();
    if (state_ == State::kFinished) return;
  }
  flush_confirms();
  if (state_ == State::kClosing && deadline_ == TimePoint::max()) {
    deadline_ = now + broker_.context_.options.close_timeout;
  }
  broker_.check_memory();
}

void Connection::on_tick(TimePoint now) {
  broker_.context_.clock.set(now);
  if (output_.empty() && now - last_sent_ > kOutputKept) output_.reset();
  check_time(now);
  broker_.settle_up();
}

void Connection::check_time(TimePoint now) {
  if (state_ == State::kFinished) return;
  if (state_ == State::kClosing && deadline_ == TimePoint::max()) {
    deadline_ = now + broker_.context_.options.close_timeout;
  }
  if (state_ == State::kRefused) {
    if (now < deadline_) return;
    tell_refusal();
    if (state_ == State::kClosing) deadline_ = now + broker_.context_.options.close_timeout;
    return;
  }
  if (state_ != State::kRunning) {
    if (now >= deadline_) {
      finish(state_ == State::kClosing ? std::exchange(reason_, {}) : "handshake timed out");
    }
    return;
  }
  const std::chrono::seconds heartbeat(limits_.heartbeat_seconds);
  if (heartbeat.count() == 0) return;
  // Unread because messages fill the memory: the silence is ours. Unread because the client does
  // not read either: what it takes of our output is its sign of life.
  if (blocked_) last_received_ = now;
  const TimePoint alive =
      backlog_.empty() ? last_received_ : std::max(last_received_, last_progress_);
  if (now - alive > 2 * heartbeat) {
    finish("missed heartbeats from client");
    return;
  }
  if (now - last_sent_ >= heartbeat / 2 && output_.empty()) {
    amqp::encode_heartbeat(output_);
    output_changed();
  }
}

void Connection::take_output(Buffer& empty, TimePoint now) {
  BB_ASSERT(empty.empty());
  broker_.context_.clock.set(now);
  attention_called_ = false;
  const bool was_full = output_full();
  std::swap(output_, empty);
  sent_bytes_ += empty.size();
  if (!empty.empty()) last_sent_ = now;
  if (!was_full) return;
  auto next = channels_.upper_bound(resumed_last_);
  for (std::size_t left = channels_.size(); left > 0 && !output_full(); --left, ++next) {
    if (next == channels_.end()) next = channels_.begin();
    resumed_last_ = next->first;
    next->second->resume_consumers();
  }
  broker_.settle_up();
}

void Connection::on_output_written(TimePoint now) {
  broker_.context_.clock.set(now);
  on_output_progress(now);
  if (backlog_.empty() || state_ == State::kFinished) return;
  Buffer waiting;
  std::swap(waiting, backlog_);
  last_received_ = now;  // its silence, if it is silent, begins as reading goes on
  process(waiting.view(), now);
}

void Connection::output_changed() {
  if (std::exchange(attention_called_, true)) return;
  observer_.attention();
}

bool Connection::output_full() const {
  return output_.size() >= broker_.context_.options.output_bytes_max;
}

void Connection::on_protocol_header() {
  if (!amqp::kProtocolHeader.starts_with(protocol_header_)) {
    output_.append(amqp::kProtocolHeader);
    output_changed();
    finish("bad protocol header: not an AMQP 0-9-1 client");
    return;
  }
  if (protocol_header_.size() < amqp::kProtocolHeader.size()) return;
  state_ = State::kStartOk;
  send(0, amqp::connection::Start{.server_properties = server_properties(broker_.context_.options),
                                  .mechanisms = kMechanisms,
                                  .locales = kLocales});
}

void Connection::on_frame(const amqp::Frame& frame) {
  if (state_ == State::kRefused) return;
  if (frame.type == amqp::FrameType::kHeartbeat) return;
  if (frame.channel != 0) {
    on_channel_frame(frame);
    return;
  }
  if (frame.type != amqp::FrameType::kMethod) {
    if (state_ == State::kClosing) return;
    fail_connection({ErrorCode::kUnexpectedFrame, "content on channel 0"}, {});
    return;
  }
  const amqp::MethodId id = amqp::peek_method_id(frame.payload);
  const auto method = amqp::decode_method(frame.payload);
  if (method) {
    on_connection_method(*method, id);
  } else if (state_ != State::kClosing) {
    fail_connection(undecodable(method.error()), id);
  }
}

void Connection::on_connection_method(const amqp::Method& method, amqp::MethodId id) {
  if (std::holds_alternative<amqp::connection::CloseOk>(method)) {
    if (state_ == State::kClosing) finish(std::exchange(reason_, {}));
    return;
  }
  if (std::holds_alternative<amqp::connection::Close>(method)) {
    // While closing too: both sides may have thought of it at once.
    send(0, amqp::connection::CloseOk{});
    client_closes_ = state_ != State::kClosing;
    finish(std::exchange(reason_, {}));
    return;
  }
  if (state_ == State::kClosing) return;

  Result<void> done;
  if (const auto* start_ok = std::get_if<amqp::connection::StartOk>(&method);
      start_ok != nullptr && state_ == State::kStartOk) {
    done = handle(*start_ok);
  } else if (const auto* tune_ok = std::get_if<amqp::connection::TuneOk>(&method);
             tune_ok != nullptr && state_ == State::kTuneOk) {
    done = handle(*tune_ok);
  } else if (const auto* open = std::get_if<amqp::connection::Open>(&method);
             open != nullptr && state_ == State::kOpen) {
    done = handle(*open);
  } else if (std::holds_alternative<amqp::connection::UpdateSecret>(method) &&
             state_ == State::kRunning) {
    // Passwords do not run out here, so there is nothing to renew.
    send(0, amqp::connection::UpdateSecretOk{});
  } else {
    done = fail(ErrorCode::kChannelError, "unexpected method in connection state running");
  }
  if (!done) fail_connection(done.error(), id);
}

Result<void> Connection::handle(const amqp::connection::StartOk& method) {
  capabilities_ = client_capabilities(method.client_properties);
  BB_TRY_ASSIGN(const Credentials credentials,
                parse_credentials(method.mechanism, method.response));
  if (!broker_.accepts_login(credentials, peer_.is_loopback)) {
    refusal_text_ = fmt::format(
        "Login was refused using authentication mechanism {}. For details see the "
        "broker logfile.",
        method.mechanism);
    reason_ = fmt::format("login of user '{}' from {} refused{}", credentials.user, peer_.address,
                          credentials.user == "guest" && !peer_.is_loopback
                              ? ": guest may connect from this machine only"
                              : "");
    logging::warning("{}", reason_);
    state_ = State::kRefused;
    // last_received_ is now: the bytes that say this have just come.
    deadline_ = last_received_ + broker_.login_refused(peer_.address, last_received_);
    return {};
  }
  user_ = credentials.user;
  client_properties_ = method.client_properties;
  connected_at_ms_ = broker_.context_.clock.wall_ms;
  const Options& options = broker_.context_.options;
  state_ = State::kTuneOk;
  send(0, amqp::connection::Tune{options.channel_max, options.frame_max_bytes,
                                 options.heartbeat_seconds});
  return {};
}

void Connection::tell_refusal() {
  if (!capabilities_.authentication_failure_close) {
    finish(std::exchange(reason_, {}));
    return;
  }
  std::string reason = std::exchange(reason_, {});
  state_ = State::kTuneOk;  // no longer a stranger who is told nothing
  fail_connection({ErrorCode::kAccessRefused, refusal_text_}, {});
  reason_ = std::move(reason);
}

Result<void> Connection::handle(const amqp::connection::TuneOk& method) {
  BB_TRY_ASSIGN(limits_, negotiate(method, broker_.context_.options));
  // As RabbitMQ does, for clients that forget to count a frame's own eight bytes.
  frames_.set_frame_max(limits_.frame_max_bytes + amqp::kFrameOverheadBytes);
  state_ = State::kOpen;
  return {};
}

Result<void> Connection::handle(const amqp::connection::Open& method) {
  VHost* const vhost = broker_.find_vhost(method.virtual_host);
  if (vhost == nullptr) {
    return fail(ErrorCode::kNotAllowed, fmt::format("vhost {} not found", method.virtual_host));
  }
  if (!broker_.access().enters(user_, method.virtual_host)) {
    return fail(ErrorCode::kNotAllowed, fmt::format("access to vhost '{}' refused for user '{}'",
                                                    method.virtual_host, user_));
  }
  vhost_ = vhost;
  state_ = State::kRunning;
  send(0, amqp::connection::OpenOk{});
  return {};
}

void Connection::on_channel_frame(const amqp::Frame& frame) {
  if (state_ == State::kClosing) return;
  amqp::MethodId id;
  if (frame.type == amqp::FrameType::kMethod) id = amqp::peek_method_id(frame.payload);
  if (state_ != State::kRunning) {
    fail_connection({ErrorCode::kChannelError, "channel used before the connection is open"}, id);
    return;
  }
  const auto found = channels_.find(frame.channel);
  if (found == channels_.end()) {
    if (id == amqp::channel::Open::kId) {
      open_channel(frame.channel);
    } else {
      fail_connection({ErrorCode::kChannelError, "expected 'channel.open'"}, id);
    }
    return;
  }

  Channel& channel = *found->second;
  if (id == amqp::channel::Close::kId && (channel.failing() || !channel.expects_content())) {
    // Crossing with our own close: answer it, and wait for close-ok all the same.
    if (!channel.failing()) {
      channel.flush_confirms();
      channel.close();
      channels_.erase(found);
    }
    send(frame.channel, amqp::channel::CloseOk{});
    return;
  }
  if (channel.failing()) {
    if (id == amqp::channel::CloseOk::kId) channels_.erase(found);
    return;
  }

  // Whatever goes wrong with content is the fault of the method that it belongs to.
  const amqp::MethodId culprit = channel.expects_content() ? amqp::basic::Publish::kId : id;
  Result<void> done;
  if (id == amqp::channel::Open::kId) {
    done = fail(ErrorCode::kChannelError, "second 'channel.open' seen");
  } else if (frame.type != amqp::FrameType::kMethod) {
    done = channel.on_content(frame);
  } else if (const auto method = amqp::decode_method(frame.payload)) {
    if (!text_is_utf8(*method)) {
      fail_connection({ErrorCode::kFrameError, "Malformed UTF-8 in shortstr"}, {});
      return;
    }
    done = channel.on_method(*method);
  } else {
    done = fail(undecodable(method.error()));
  }
  if (done) return;
  if (closes_connection(done.error().code)) {
    fail_connection(done.error(), culprit);
  } else {
    fail_channel(channel, done.error(), culprit);
  }
}

void Connection::open_channel(std::uint16_t number) {
  if (channels_.size() >= limits_.channel_max) {
    broker_.context_.counters.refused.count(Limit::kChannels);
    fail_connection({ErrorCode::kNotAllowed,
                     fmt::format("number of channels opened ({}) has reached the negotiated "
                                 "channel_max ({})",
                                 channels_.size(), limits_.channel_max)},
                    {});
    return;
  }
  // Not make_unique: only here is it known that a connection is a ConnectionContext.
  channels_.emplace(number, std::unique_ptr<Channel>(new Channel(*this, number)));
  send(number, amqp::channel::OpenOk{});
}

void Connection::published() {
  publishes_ = true;
  if (broker_.memory_alarm_ || broker_.disk_alarm_) hold_back();
}

// Not in the middle of a message or a transaction: what that holds would never be freed.
void Connection::hold_back() {
  if (std::ranges::none_of(channels_, [](const auto& entry) {
        return !entry.second->failing() && entry.second->holds_unfinished();
      })) {
    set_blocked(true);
  }
}

void Connection::set_blocked(bool blocked) {
  if (state_ != State::kRunning || std::exchange(blocked_, blocked) == blocked) return;
  if (capabilities_.connection_blocked) {
    if (blocked) {
      send(0, amqp::connection::Blocked{broker_.short_of()});
    } else {
      send(0, amqp::connection::Unblocked{});
    }
  }
  output_changed();
}

void Connection::await_durable() {
  if (!std::exchange(awaits_durable_, true)) broker_.await_durable_.push_back(this);
}

void Connection::flush_confirms() {
  for (const auto& [number, channel] : channels_) {
    if (!channel->failing()) channel->flush_confirms();
  }
}

void Connection::fail_channel(Channel& channel, const Error& error, amqp::MethodId id) {
  channel.flush_confirms();  // what was published before the error is answered before it
  channel.set_failing();
  channel.close();
  const std::string text = reply_text(error);
  send(channel.id(), amqp::channel::Close{error_info(error.code).amqp_reply_code, text, id.class_id,
                                          id.method_id});
}

void Connection::fail_connection(const Error& error, amqp::MethodId id) {
  if (state_ == State::kClosing || state_ == State::kFinished) return;
  // Who has not logged in is told nothing; that a log-in was refused, see handle(StartOk).
  if (state_ == State::kProtocolHeader || state_ == State::kStartOk || state_ == State::kRefused) {
    finish(state_ == State::kRefused ? std::exchange(reason_, {}) : reply_text(error));
    return;
  }
  flush_confirms();
  end_channels();
  const std::string text = reply_text(error);
  send(0, amqp::connection::Close{error_info(error.code).amqp_reply_code, text, id.class_id,
                                  id.method_id});
  state_ = State::kClosing;
  blocked_ = false;              // nothing of it is kept any more, and close-ok has to be read
  deadline_ = TimePoint::max();  // set by the next call that knows the time
  reason_ = text;
}

void Connection::close(std::string reason) {
  fail_connection({ErrorCode::kConnectionForced, std::move(reason)}, {});
}

void Connection::finish(std::string reason) {
  if (state_ == State::kFinished) return;
  end_channels();
  state_ = State::kFinished;
  blocked_ = false;
  reason_ = std::move(reason);
  output_changed();
}

void Connection::end_channels() {
  // First all of them, so that none is given what another one puts back.
  for (const auto& [number, channel] : channels_) channel->set_failing();
  for (const auto& [number, channel] : channels_) channel->close();
  channels_.clear();
  if (vhost_ != nullptr) vhost_->connection_closed(id_);
}

}  // namespace bb::broker
