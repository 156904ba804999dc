// One client's connection: bytes in, bytes out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "amqp/frame.h"
#include "amqp/methods.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "bloodbank/result.h"
#include "broker/channel.h"
#include "broker/context.h"
#include "broker/handshake.h"

namespace bb::broker {

class Broker;

// Both ends of a transport: "127.0.0.1:40112".
struct Peer {
  std::string address;
  bool is_loopback = false;
  std::string local = {};  // what it connected to; empty where nothing is known of it
};

// Told when a connection has something for its socket.
class ConnectionObserver {
 public:
  // Output waits, or finished() or reading_paused() changed. Called at most once until the next
  // take_output(), from within any call into the broker: only take note.
  virtual void attention() = 0;

 protected:
  ~ConnectionObserver() = default;
};

// The AMQP 0-9-1 connection state machine. Every decision is here; the shell moves bytes:
//
//   on_bytes(read) ... take_output(buffer), write it ... finished(): close the socket
//   on_tick(now) about once a second
//
// Destroying it is losing the client: its channels end, exclusive queues go. Owned by
// the shell, on the broker's executor.
class Connection final : private ConnectionContext {
 public:
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Bytes from the client, borrowed for the call.
  void on_bytes(ByteView bytes, TimePoint now);
  // Heartbeats and the limits on handshake and close.
  void on_tick(TimePoint now);

  // Swaps what waits for the socket with `empty`, an empty buffer whose memory is used again.
  void take_output(Buffer& empty, TimePoint now);
  // Some of what take_output() gave is written: the client is alive and reading.
  void on_output_progress(TimePoint now) { last_progress_ = now; }
  // What take_output() gave is written. Goes on with what had to wait for that.
  void on_output_written(TimePoint now);
  bool has_output() const { return !output_.empty(); }

  // Nothing more will come of it: write what take_output() still gives, then close the socket.
  bool finished() const { return state_ == State::kFinished; }
  // Of one that is finished: the client has said goodbye and may have more on its way, which is of
  // no consequence. The socket is left to it to close, for a while, as RabbitMQ does: closing one
  // with bytes unread resets it, and the client may see an error in place of our last words.
  bool client_closes() const { return client_closes_; }
  // Why it ended, for the log; empty when the client said goodbye.
  const std::string& reason() const { return reason_; }
  // Leave the socket unread for now: messages fill the memory, or the client asks for more than it
  // reads.
  bool reading_paused() const { return blocked_ || !backlog_.empty(); }

  // For those who look on.
  ConnectionId number() const { return id_; }
  const Peer& peer() const { return peer_; }
  // "127.0.0.1:40112 -> 127.0.0.1:5672", as RabbitMQ calls it.
  std::string name() const;
  const std::string& user_name() const { return user_; }
  const VHost* current_vhost() const { return vhost_; }
  const Limits& limits() const { return limits_; }
  const amqp::FieldTable& client_properties() const { return client_properties_; }
  bool running() const { return state_ == State::kRunning; }
  bool blocked() const { return blocked_; }
  std::int64_t connected_at_ms() const { return connected_at_ms_; }  // since 1970
  std::uint64_t received_bytes() const { return received_bytes_; }
  std::uint64_t sent_bytes() const { return sent_bytes_; }
  const std::map<std::uint16_t, std::unique_ptr<Channel>>& channels() const { return channels_; }
  // Asks the client to leave (320 CONNECTION_FORCED, with that text).
  void close(std::string reason);

  // "guest@127.0.0.1:40112", as far as it is known.
  std::string describe() const;

 private:
  friend class Broker;
  enum class State {
    kProtocolHeader,
    kStartOk,
    kRefused,
    kTuneOk,
    kOpen,
    kRunning,
    kClosing,
    kFinished
  };

  Connection(Broker& owner, ConnectionId id, Peer peer, ConnectionObserver& observer,
             TimePoint now);

  // ConnectionContext.
  BrokerContext& broker() override;
  ConnectionId id() const override { return id_; }
  VHost& vhost() override { return *vhost_; }
  const std::string& user() const override { return user_; }
  std::uint32_t frame_max_bytes() const override { return limits_.frame_max_bytes; }
  bool consumer_cancel_notify() const override { return capabilities_.consumer_cancel_notify; }
  Buffer& output() override { return output_; }
  void output_changed() override;
  bool output_full() const override;
  void await_durable() override;
  void published() override;

  void process(ByteView bytes, TimePoint now);
  void check_time(TimePoint now);
  void on_protocol_header();
  void on_frame(const amqp::Frame& frame);
  void on_connection_method(const amqp::Method& method, amqp::MethodId id);
  void on_channel_frame(const amqp::Frame& frame);
  void open_channel(std::uint16_t number);

  Result<void> handle(const amqp::connection::StartOk& method);
  void tell_refusal();
  Result<void> handle(const amqp::connection::TuneOk& method);
  Result<void> handle(const amqp::connection::Open& method);

  void fail_channel(Channel& channel, const Error& error, amqp::MethodId id);
  void fail_connection(const Error& error, amqp::MethodId id);
  void finish(std::string reason);
  void end_channels();
  void flush_confirms();
  void hold_back();
  void set_blocked(bool blocked);

  template <class M>
  void send(std::uint16_t channel, const M& method) {
    amqp::encode_method(output_, channel, method);
    output_changed();
  }

  Broker& broker_;
  const ConnectionId id_;
  const Peer peer_;
  ConnectionObserver& observer_;

  State state_ = State::kProtocolHeader;
  std::string protocol_header_;  // as much as has come
  amqp::FrameReader frames_;
  Buffer backlog_;  // received, and not looked at until the client has read its output
  Limits limits_;
  ClientCapabilities capabilities_;
  std::string user_;
  amqp::FieldTable client_properties_;
  std::int64_t connected_at_ms_ = 0;
  std::uint64_t received_bytes_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::string refusal_text_;  // for the client, once its log-in has been refused long enough
  VHost* vhost_ = nullptr;
  bool client_closes_ = false;
  std::string reason_;

  std::map<std::uint16_t, std::unique_ptr<Channel>> channels_;
  std::uint16_t resumed_last_ = 0;  // the channel that take_output() came to last
  Buffer output_;
  bool attention_called_ = false;
  bool awaits_durable_ = false;
  bool publishes_ = false;
  bool blocked_ = false;

  TimePoint deadline_;  // of the handshake, of the answer to a refused log-in, or of close-ok
  TimePoint last_received_;
  TimePoint last_sent_;
  TimePoint last_progress_;
};

}  // namespace bb::broker
