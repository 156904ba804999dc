// For tests: the broker's side of a Protocol, spoken frame by frame.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "amqp/content.h"
#include "amqp/frame.h"
#include "amqp/methods.h"
#include "client/protocol.h"

namespace bb::client {

inline ProtocolOptions protocol_options() {
  ProtocolOptions options;
  options.url.user = "ada";
  options.url.password = "s3cret";
  options.connection_name = "test";
  options.body_bytes_max = 1 << 20;
  options.output_bytes_max = 1 << 20;
  return options;
}

class ScriptedBroker {
 public:
  explicit ScriptedBroker(ProtocolOptions options = protocol_options())
      : protocol(std::move(options)) {}

  template <class M>
  void sends(std::uint16_t channel, const M& method) {
    Buffer bytes;
    amqp::encode_method(bytes, channel, method);
    protocol.on_bytes(bytes.view());
  }

  // A method with its content, in body frames of at most 4088 bytes.
  template <class M>
  void sends(std::uint16_t channel, const M& method, const amqp::BasicProperties& properties,
             std::string_view body) {
    Buffer encoded;
    amqp::encode_properties(encoded, properties);
    Buffer bytes;
    amqp::encode_method(bytes, channel, method);
    amqp::encode_content(bytes, channel, encoded.view(), as_bytes(body), amqp::kFrameMinBytes);
    protocol.on_bytes(bytes.view());
  }

  void sends_text(std::string_view bytes) { protocol.on_bytes(as_bytes(bytes)); }

  // What the client has written since the last call: a name for each frame.
  std::vector<std::string> received() {
    std::vector<std::string> names;
    for (const auto& frame : frames()) {
      switch (frame.type) {
        case amqp::FrameType::kMethod:
          names.emplace_back(amqp::method_name(amqp::peek_method_id(as_bytes(frame.payload))));
          break;
        case amqp::FrameType::kHeader:
          names.emplace_back("header");
          break;
        case amqp::FrameType::kBody:
          names.emplace_back("body");
          break;
        case amqp::FrameType::kHeartbeat:
          names.emplace_back("heartbeat");
          break;
      }
    }
    return names;
  }

  // The next method of that kind among what the client has written. The others are passed
  // over. Valid until the next call.
  template <class M>
  M expects() {
    kept_ = frames();
    for (const auto& frame : kept_) {
      if (frame.type != amqp::FrameType::kMethod) continue;
      auto method = amqp::decode_method(as_bytes(frame.payload));
      BB_ASSERT(method.has_value());
      if (auto* wanted = std::get_if<M>(&*method)) return std::move(*wanted);
    }
    assertion_failed("the client wrote the method that the test expects", __FILE__, __LINE__);
  }

  // Every event of type E since the last look at events of any type.
  template <class E>
  std::vector<E> events() {
    std::vector<E> wanted;
    for (Event& event : protocol.take_events()) {
      if (auto* each = std::get_if<E>(&event)) wanted.push_back(std::move(*each));
    }
    return wanted;
  }

  void begins() {
    protocol.start();
    Buffer header;
    protocol.take_output(header);
  }

  void sends_start(std::string_view mechanisms = "AMQPLAIN PLAIN") {
    amqp::connection::Start start;
    start.mechanisms = mechanisms;
    start.locales = "en_US";
    start.server_properties = {{"product", "Scripted"}};
    sends(0, start);
  }

  void sends_tune() {
    sends(0, amqp::connection::Tune{.channel_max = 2047, .frame_max = 131072, .heartbeat = 60});
  }

  // The whole handshake; nothing of it is left in received() and events().
  void opens() {
    begins();
    sends_start();
    sends_tune();
    sends(0, amqp::connection::OpenOk{});
    received();
    protocol.take_events();
  }

  // A channel that the broker has confirmed.
  std::shared_ptr<ChannelProtocol> open_channel() {
    auto channel = protocol.open_channel();
    BB_ASSERT(channel.has_value());
    sends(next_channel_++, amqp::channel::OpenOk{});
    received();
    return *channel;
  }

  Protocol protocol;

 private:
  struct OwnedFrame {
    amqp::FrameType type;
    std::string payload;
  };

  std::vector<OwnedFrame> frames() {
    Buffer output;
    protocol.take_output(output);
    std::vector<OwnedFrame> frames;
    amqp::FrameReader reader;
    reader.feed(output.view());
    for (;;) {
      const auto frame = reader.next();
      BB_ASSERT(frame.has_value());
      if (!*frame) return frames;
      frames.push_back({(*frame)->type, std::string(as_text((*frame)->payload))});
    }
  }

  std::uint16_t next_channel_ = 1;
  std::vector<OwnedFrame> kept_;
};

}  // namespace bb::client
