// An AMQP client that does exactly what it is told, one step at a time: for tests of what
// a broker answers, to good clients and to bad ones.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "amqp/constants.h"
#include "amqp/frame.h"
#include "amqp/methods.h"
#include "amqp/properties.h"
#include "support/wire_client_transport.h"

namespace bb::test {

// The broker did something else than the test waits for. Ends the test; the text says
// where it waited, for what, and what came.
class WireError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Where = std::source_location;

// How to log in and what to agree on.
struct Handshake {
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
  std::uint16_t channel_max = amqp::kDefaultChannelMax;
  std::uint32_t frame_max = amqp::kDefaultFrameMaxBytes;
  std::uint16_t heartbeat = 0;
  // What client_properties announce. Empty: no capabilities at all.
  amqp::FieldTable capabilities = {{"authentication_failure_close", true},
                                   {"consumer_cancel_notify", true},
                                   {"connection.blocked", true}};
};

// A content, as it came.
struct Content {
  amqp::BasicProperties properties;
  std::string_view body;
  std::size_t body_frames = 0;
};

// Every wait throws WireError when something else comes, the line is closed or nothing comes.
// Text in what it returns is borrowed from the client. Not thread-safe.
class WireClient {
 public:
  explicit WireClient(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

  // All of the negotiation, from the protocol header to connection.open-ok.
  void shake_hands(const Handshake& handshake = {}, Where where = Where::current());
  // The parts of it.
  amqp::connection::Start send_protocol_header(Where where = Where::current());
  amqp::connection::Tune log_in(const Handshake& handshake = {}, Where where = Where::current());
  void send_start_ok(const Handshake& handshake);
  void tune_and_open(const Handshake& handshake = {}, Where where = Where::current());
  // Closes in order.
  void say_goodbye(Where where = Where::current());
  void drop() { transport_->drop(); }

  void send_bytes(std::string_view bytes) { transport_->send(as_bytes(bytes)); }
  void send_frame(amqp::FrameType type, std::uint16_t channel, std::string_view payload);
  template <class M>
  void send(std::uint16_t channel, const M& method) {
    Buffer out;
    amqp::encode_method(out, channel, method);
    transport_->send(out.view());
  }
  // The header and body frames, as many as frame_max asks for.
  void send_content(std::uint16_t channel, std::string_view body,
                    const amqp::BasicProperties& properties = {});
  // The header frame alone.
  void send_header(std::uint16_t channel, std::uint64_t body_size,
                   std::uint16_t class_id = amqp::kBasicClassId,
                   const amqp::BasicProperties& properties = {});

  // The next frame of the channel has to be a method, and that one.
  template <class M>
  M expect(std::uint16_t channel, Where where = Where::current()) {
    const amqp::Method method = next_method(channel, amqp::method_name(M::kId), where);
    if (const M* expected = std::get_if<M>(&method)) return *expected;
    throw WireError(complaint(where, amqp::method_name(M::kId), describe(method)));
  }
  amqp::Method next_method(std::uint16_t channel, std::string_view awaited = "a method",
                           Where where = Where::current());
  Content expect_content(std::uint16_t channel, Where where = Where::current());
  // Waits for a heartbeat frame.
  void expect_heartbeat(Where where = Where::current());
  // connection.close with that code and text, answered with close-ok, and then the end of the line.
  // No `text`: any. No `method`: ids of 0.
  void expect_connection_closed(std::uint16_t code, std::optional<std::string_view> text,
                                amqp::MethodId method = {}, Where where = Where::current());
  // The line ends, and nothing came before it.
  void expect_end(Where where = Where::current());
  // The eight bytes of a protocol header, and then the end of the line.
  std::string expect_protocol_header(Where where = Where::current());

  static std::string complaint(Where where, std::string_view awaited, std::string_view came);
  static std::string describe(const amqp::Method& method);

 private:
  struct StoredFrame {
    amqp::FrameType type;
    std::string_view payload;
  };

  StoredFrame next_frame(std::uint16_t channel, std::string_view awaited, Where where);
  // Waits for bytes and sorts their frames; false at the end of the line.
  bool receive(std::string_view awaited, Where where);

  std::unique_ptr<Transport> transport_;
  std::uint32_t frame_max_ = amqp::kDefaultFrameMaxBytes;
  amqp::FrameReader reader_{/*frame_max_bytes=*/1 << 30};
  std::deque<std::string> payloads_;  // of all frames, so that views into them stay valid
  std::map<std::uint16_t, std::deque<StoredFrame>> frames_;  // not yet waited for, by channel
  std::size_t heartbeats_ = 0;
};

}  // namespace bb::test
