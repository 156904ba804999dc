// The client's side of an AMQP 0-9-1 connection as a machine without a socket or a
// clock: bytes and ticks come in, bytes and events go out.
//
//   protocol.start();
//   protocol.take_output(buffer);        // whenever output() is not empty
//   protocol.on_bytes(received);         // any cut of the stream
//   for (Event& event : protocol.take_events()) ...
//
// Memory: what waits in output() (ProtocolOptions::output_bytes_max), one message being
// received per channel, and the events of one on_bytes(). Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "amqp/field_table.h"
#include "amqp/frame.h"
#include "amqp/methods.h"
#include "amqp/url.h"
#include "bloodbank/result.h"
#include "client/channel_protocol.h"
#include "client/events.h"
#include "client/handshake.h"
#include "client/link.h"

namespace bb::client {

struct ProtocolOptions {
  amqp::Url url;
  std::string connection_name;
  std::uint64_t body_bytes_max;
  std::uint64_t output_bytes_max;
};

class Protocol {
 public:
  explicit Protocol(ProtocolOptions options);
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;

  // Writes the protocol header.
  void start();

  // Nothing after the end is looked at.
  void on_bytes(ByteView bytes);
  // The transport has ended, with the system's reason or "".
  void on_eof(std::string_view reason);
  // Called twice per heartbeat_seconds once open: writes a heartbeat when nothing else
  // was written since the last tick, and ends the connection with kClosed after four
  // ticks (two heartbeats) in which nothing came.
  void on_tick();
  // Ends the connection for a reason of the shell's. Nothing is written.
  void end(Error error);

  // What is to be sent. After the end as well: our last words are in it.
  const Buffer& output() const { return link_.output; }
  // Moves it into `buffer`, which is empty and whose memory is used again.
  void take_output(Buffer& buffer);
  std::vector<Event> take_events();

  // kNotAllowed when channel_max channels are open.
  Result<std::shared_ptr<ChannelProtocol>> open_channel();

  // Says goodbye: ConnectionEnded follows once it is answered. Repeating it is nothing.
  void close();

  bool is_open() const { return state_ == State::kOpen; }
  bool has_ended() const { return state_ == State::kEnded; }
  // We have said who we are, and the broker has not answered.
  bool awaits_login() const { return state_ == State::kTune; }
  // Ended by the answer to our goodbye: nothing is left to send or to receive.
  bool said_goodbye() const { return said_goodbye_; }
  // Why the connection is not open. Meaningful unless is_open().
  const Error& error() const { return error_; }

  const Tuning& tuning() const { return tuning_; }
  const amqp::FieldTable& server_properties() const { return server_properties_; }
  const std::string& peer() const { return link_.peer; }
  const amqp::Url& url() const { return url_; }

 private:
  enum class State { kStart, kTune, kOpenOk, kOpen, kClosing, kEnded };

  bool greet(ByteView& bytes);
  void read_frames(ByteView bytes);
  Result<void> on_frame(const amqp::Frame& frame);
  Result<void> on_connection_method(const amqp::Method& method);
  Result<void> on_start(const amqp::connection::Start& start);
  Result<void> on_tune(const amqp::connection::Tune& tune);
  void on_close(const amqp::connection::Close& close);
  Result<void> on_channel_frame(const amqp::Frame& frame);
  void violated(const Error& error);
  void finish(Error error, bool by_close);

  const amqp::Url url_;
  const std::string connection_name_;
  Link link_;
  amqp::FrameReader reader_;
  State state_ = State::kStart;
  Error error_;
  bool said_goodbye_ = false;

  std::string greeting_;  // the first bytes, until they are known to be AMQP
  bool greeted_ = false;
  Tuning tuning_;
  amqp::FieldTable server_properties_;

  std::map<std::uint16_t, std::shared_ptr<ChannelProtocol>> channels_;
  std::uint64_t channels_made_ = 0;

  bool received_since_tick_ = false;
  int silent_ticks_ = 0;
  bool sent_since_tick_ = false;
};

}  // namespace bb::client
