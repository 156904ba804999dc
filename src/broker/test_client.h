// For tests: a client of a Broker in this process, frame by frame and on a clock of its own.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "amqp/content.h"
#include "amqp/frame.h"
#include "amqp/methods.h"
#include "amqp/properties.h"
#include "broker/broker.h"

namespace bb::broker {

// `label` and dots behind it: a body of that many bytes of which a test still reads as a word.
inline std::string body_of(std::string label, std::size_t bytes) {
  label.resize(std::max(bytes, label.size()), '.');
  return label;
}

// Stands for the client and for the session that moves its bytes. The broker outlives it.
class TestClient final : private ConnectionObserver {
 public:
  static constexpr std::uint16_t kChannel = 1;

  struct Login {
    bool hears_of_blocking = false;  // announces the capability connection.blocked
    std::uint16_t heartbeat_seconds = 0;
    std::string user = "guest";  // the password is the same
    std::string vhost = "/";
  };

  // Connects and says nothing yet.
  explicit TestClient(Broker& broker, bool is_local = true)
      : connection_(
            broker.connect({.address = "10.0.0.1:1", .is_loopback = is_local}, *this, now_)) {}

  Connection& connection() { return *connection_; }
  // Its line breaks.
  void vanishes() { connection_.reset(); }

  void sends_bytes(std::string_view bytes) { connection_->on_bytes(as_bytes(bytes), now_); }
  template <class M>
  void sends(const M& method, std::uint16_t channel = kChannel) {
    Buffer bytes;
    amqp::encode_method(bytes, channel, method);
    connection_->on_bytes(bytes.view(), now_);
  }

  // Up to the answer to connection.start, which is left to be sent.
  void greets() {
    sends_bytes(amqp::kProtocolHeader);
    EXPECT_EQ(received(), std::vector<std::string>{"connection.start"});
  }
  // The handshake, and a channel.
  void logs_in(const Login& login) {
    opens_connection(login);
    sends(amqp::channel::Open{});
    EXPECT_EQ(received(), (std::vector<std::string>{"connection.tune", "connection.open-ok",
                                                    "channel.open-ok"}));
  }
  // The handshake up to connection.open, whatever comes of it.
  void opens_connection(const Login& login) {
    greets();
    const std::string nul(1, '\0');
    const std::string response = nul + login.user + nul + login.user;
    const amqp::FieldTable capabilities{{"connection.blocked", login.hears_of_blocking},
                                        {"authentication_failure_close", true}};
    sends(amqp::connection::StartOk{.client_properties = {{"capabilities", capabilities}},
                                    .mechanism = "PLAIN",
                                    .response = response,
                                    .locale = "en_US"},
          0);
    sends(amqp::connection::TuneOk{.channel_max = 10,
                                   .frame_max = amqp::kDefaultFrameMaxBytes,
                                   .heartbeat = login.heartbeat_seconds},
          0);
    sends(amqp::connection::Open{.virtual_host = login.vhost}, 0);
  }
  void logs_in() { logs_in({}); }

  void declares(std::string_view queue, bool durable = false) {
    sends(amqp::queue::Declare{.queue = queue, .durable = durable, .no_wait = true});
  }
  void binds(std::string_view queue, std::string_view exchange) {
    sends(amqp::queue::Bind{.queue = queue, .exchange = exchange, .no_wait = true});
  }
  void asks_for_confirms() { sends(amqp::confirm::Select{.no_wait = true}); }
  void consumes(std::string_view queue, bool no_ack = false) {
    sends(amqp::basic::Consume{
        .queue = queue, .consumer_tag = "c", .no_ack = no_ack, .no_wait = true});
  }
  void gets(std::string_view queue) { sends(get(queue)); }
  void gets(std::string_view queue, int times) {
    Buffer bytes;
    for (int i = 0; i < times; ++i) amqp::encode_method(bytes, kChannel, get(queue));
    connection_->on_bytes(bytes.view(), now_);
  }
  void acks(std::uint64_t delivery_tag) { sends(amqp::basic::Ack{.delivery_tag = delivery_tag}); }

  struct Post {
    std::string_view exchange = {};
    std::string_view routing_key = {};
    std::string_view body = {};
    bool persistent = false;
    std::string_view user_id = {};
  };
  // In one piece, as a client that is in a hurry writes them.
  void publishes(std::initializer_list<Post> posts) {
    Buffer bytes;
    for (const Post& post : posts) {
      amqp::BasicProperties properties;
      properties.delivery_mode = post.persistent ? amqp::kPersistent : amqp::kTransient;
      if (!post.user_id.empty()) properties.user_id = post.user_id;
      Buffer encoded;
      amqp::encode_properties(encoded, properties);
      amqp::encode_method(
          bytes, kChannel,
          amqp::basic::Publish{.exchange = post.exchange, .routing_key = post.routing_key});
      amqp::encode_content(bytes, kChannel, encoded.view(), as_bytes(post.body),
                           amqp::kDefaultFrameMaxBytes);
    }
    connection_->on_bytes(bytes.view(), now_);
  }
  // To a queue.
  void publishes(std::string_view queue, std::string_view body) {
    publishes({{.routing_key = queue, .body = body}});
  }
  void publishes_persistent(std::string_view queue, std::string_view body) {
    publishes({{.routing_key = queue, .body = body, .persistent = true}});
  }

  // Time passes, with a tick every second.
  void waits(std::chrono::seconds time) {
    for (; time.count() > 0; --time) {
      now_ += std::chrono::seconds(1);
      connection_->on_tick(now_);
    }
  }

  // The two halves of a session's write.
  std::string takes_output() {
    Buffer output;
    connection_->take_output(output, now_);
    return std::string(as_text(output.view()));
  }
  void has_written_some() { connection_->on_output_progress(now_); }
  void has_written() { connection_->on_output_written(now_); }

  // Writes until nothing is left and names each frame: "basic.ack 3 multiple",
  // "basic.deliver 1 body", "connection.close 320", "heartbeat". Labels stand for bodies.
  std::vector<std::string> received() {
    std::vector<std::string> names;
    while (connection_->has_output()) {
      read(takes_output(), names);
      has_written();
    }
    return names;
  }
  // The same for what takes_output() gave.
  std::vector<std::string> frames_in(std::string_view output) {
    std::vector<std::string> names;
    read(output, names);
    return names;
  }

  // How often the broker asked for attention.
  int attention_count() const { return attention_count_; }

 private:
  void attention() override { ++attention_count_; }

  static amqp::basic::Get get(std::string_view queue) { return {.queue = queue, .no_ack = true}; }

  void read(std::string_view output, std::vector<std::string>& names) {
    amqp::FrameReader frames(amqp::kDefaultFrameMaxBytes + amqp::kFrameOverheadBytes);
    frames.feed(as_bytes(output));
    std::string body;
    std::uint64_t missing_bytes = 0;
    for (;;) {
      const auto frame = frames.next();
      ASSERT_TRUE(frame) << frame.error().message;
      if (!*frame) break;
      const ByteView payload = (*frame)->payload;
      switch ((*frame)->type) {
        case amqp::FrameType::kMethod:
          names.push_back(name_of(*amqp::decode_method(payload)));
          continue;
        case amqp::FrameType::kHeartbeat:
          names.emplace_back("heartbeat");
          continue;
        case amqp::FrameType::kHeader:
          body.clear();
          missing_bytes = amqp::decode_content_header(payload)->body_size;
          break;
        case amqp::FrameType::kBody:
          body.append(as_text(payload));
          missing_bytes -= payload.size();
          break;
      }
      if (missing_bytes == 0) names.back().append(" ").append(body, 0, body.find('.'));
    }
    EXPECT_EQ(frames.held_bytes(), 0u) << "half a frame";
    EXPECT_EQ(missing_bytes, 0u) << "half a body";
  }

  static std::string name_of(const amqp::Method& method) {
    const std::string_view name = amqp::method_name(amqp::method_id(method));
    if (const auto* ack = std::get_if<amqp::basic::Ack>(&method)) {
      return fmt::format("{} {}{}", name, ack->delivery_tag, ack->multiple ? " multiple" : "");
    }
    if (const auto* nack = std::get_if<amqp::basic::Nack>(&method)) {
      return fmt::format("{} {}{}", name, nack->delivery_tag, nack->multiple ? " multiple" : "");
    }
    if (const auto* deliver = std::get_if<amqp::basic::Deliver>(&method)) {
      return fmt::format("{} {}", name, deliver->delivery_tag);
    }
    if (const auto* got = std::get_if<amqp::basic::GetOk>(&method)) {
      return fmt::format("{} {}", name, got->delivery_tag);
    }
    if (const auto* close = std::get_if<amqp::connection::Close>(&method)) {
      return fmt::format("{} {}", name, close->reply_code);
    }
    if (const auto* close = std::get_if<amqp::channel::Close>(&method)) {
      return fmt::format("{} {}", name, close->reply_code);
    }
    return std::string(name);
  }

  TimePoint now_{};
  int attention_count_ = 0;
  std::unique_ptr<Connection> connection_;
};

}  // namespace bb::broker
