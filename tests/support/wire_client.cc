#include "support/wire_client.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "amqp/content.h"

namespace bb::test {

void WireClient::shake_hands(const Handshake& handshake, Where where) {
  send_protocol_header(where);
  log_in(handshake, where);
  tune_and_open(handshake, where);
}

amqp::connection::Start WireClient::send_protocol_header(Where where) {
  send_bytes(amqp::kProtocolHeader);
  return expect<amqp::connection::Start>(0, where);
}

void WireClient::send_start_ok(const Handshake& handshake) {
  amqp::FieldTable properties{{"product", "wire client"}};
  if (!handshake.capabilities.empty()) properties.set("capabilities", handshake.capabilities);
  const std::string response = std::string(1, '\0') + handshake.user + '\0' + handshake.password;
  send(0, amqp::connection::StartOk{.client_properties = properties,
                                    .mechanism = "PLAIN",
                                    .response = response,
                                    .locale = "en_US"});
}

amqp::connection::Tune WireClient::log_in(const Handshake& handshake, Where where) {
  send_start_ok(handshake);
  return expect<amqp::connection::Tune>(0, where);
}

void WireClient::tune_and_open(const Handshake& handshake, Where where) {
  send(0,
       amqp::connection::TuneOk{handshake.channel_max, handshake.frame_max, handshake.heartbeat});
  if (handshake.frame_max != 0) frame_max_ = handshake.frame_max;
  send(0, amqp::connection::Open{.virtual_host = handshake.vhost});
  expect<amqp::connection::OpenOk>(0, where);
}

void WireClient::say_goodbye(Where where) {
  send(0, amqp::connection::Close{.reply_code = 200, .reply_text = "goodbye"});
  expect<amqp::connection::CloseOk>(0, where);
  drop();  // RabbitMQ leaves it to the client for a while to close the socket
}

void WireClient::send_frame(amqp::FrameType type, std::uint16_t channel, std::string_view payload) {
  Buffer out;
  amqp::encode_frame(out, type, channel, as_bytes(payload));
  transport_->send(out.view());
}

void WireClient::send_content(std::uint16_t channel, std::string_view body,
                              const amqp::BasicProperties& properties) {
  Buffer list;
  amqp::encode_properties(list, properties);
  Buffer out;
  amqp::encode_content(out, channel, list.view(), as_bytes(body), frame_max_);
  transport_->send(out.view());
}

void WireClient::send_header(std::uint16_t channel, std::uint64_t body_size, std::uint16_t class_id,
                             const amqp::BasicProperties& properties) {
  Buffer payload;
  payload.append_integer(class_id);
  payload.append_integer(std::uint16_t{0});
  payload.append_integer(body_size);
  amqp::encode_properties(payload, properties);
  send_frame(amqp::FrameType::kHeader, channel, as_text(payload.view()));
}

amqp::Method WireClient::next_method(std::uint16_t channel, std::string_view awaited, Where where) {
  const StoredFrame frame = next_frame(channel, awaited, where);
  if (frame.type != amqp::FrameType::kMethod) {
    throw WireError(complaint(where, awaited, "content"));
  }
  auto method = amqp::decode_method(as_bytes(frame.payload));
  if (!method) throw WireError(complaint(where, awaited, method.error().message));
  return *std::move(method);
}

Content WireClient::expect_content(std::uint16_t channel, Where where) {
  const StoredFrame first = next_frame(channel, "a content header", where);
  const auto header = first.type == amqp::FrameType::kHeader
                          ? amqp::decode_content_header(as_bytes(first.payload))
                          : fail(ErrorCode::kUnexpectedFrame, "another frame");
  if (!header) throw WireError(complaint(where, "a content header", header.error().message));
  const auto properties = amqp::decode_properties(header->properties);
  if (!properties) throw WireError(complaint(where, "properties", properties.error().message));

  Content content{.properties = *properties, .body = {}};
  std::string& body = payloads_.emplace_back();
  for (; body.size() < header->body_size; ++content.body_frames) {
    const StoredFrame frame = next_frame(channel, "a content body", where);
    if (frame.type != amqp::FrameType::kBody ||
        frame.payload.size() + amqp::kFrameOverheadBytes > frame_max_) {
      throw WireError(complaint(where, "a content body within frame_max", "another frame"));
    }
    body.append(frame.payload);
  }
  EXPECT_EQ(body.size(), header->body_size);
  content.body = body;
  return content;
}

void WireClient::expect_heartbeat(Where where) {
  while (heartbeats_ == 0) {
    if (!receive("a heartbeat", where)) {
      throw WireError(complaint(where, "a heartbeat", "the end of the line"));
    }
  }
  --heartbeats_;
}

void WireClient::expect_connection_closed(std::uint16_t code, std::optional<std::string_view> text,
                                          amqp::MethodId method, Where where) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "from here");
  const auto close = expect<amqp::connection::Close>(0, where);
  EXPECT_EQ(close.reply_code, code);
  if (text) {
    EXPECT_EQ(close.reply_text, *text);
  }
  EXPECT_EQ(close.failing_class_id, method.class_id);
  EXPECT_EQ(close.failing_method_id, method.method_id);
  send(0, amqp::connection::CloseOk{});
  expect_end(where);
}

void WireClient::expect_end(Where where) {
  while (receive("the end of the line", where)) {
  }
  const auto& left = frames_[0];
  if (left.empty()) return;
  const auto method = amqp::decode_method(as_bytes(left.front().payload));
  throw WireError(
      complaint(where, "the end of the line", method ? describe(*method) : "another frame"));
}

std::string WireClient::expect_protocol_header(Where where) {
  std::string bytes;
  for (;;) {
    switch (transport_->receive(bytes)) {
      case Transport::Event::kBytes:
        continue;
      case Transport::Event::kClosed:
        return bytes;
      case Transport::Event::kQuiet:
        throw WireError(complaint(where, "the end of the line", "nothing"));
    }
  }
}

std::string WireClient::complaint(Where where, std::string_view awaited, std::string_view came) {
  return fmt::format("{}:{}: waited for {}; {} came", where.file_name(), where.line(), awaited,
                     came);
}

std::string WireClient::describe(const amqp::Method& method) {
  const auto id = amqp::method_id(method);
  if (const auto* close = std::get_if<amqp::channel::Close>(&method)) {
    return fmt::format("channel.close {} '{}' for {}.{}", close->reply_code, close->reply_text,
                       close->failing_class_id, close->failing_method_id);
  }
  if (const auto* close = std::get_if<amqp::connection::Close>(&method)) {
    return fmt::format("connection.close {} '{}' for {}.{}", close->reply_code, close->reply_text,
                       close->failing_class_id, close->failing_method_id);
  }
  return std::string(amqp::method_name(id));
}

WireClient::StoredFrame WireClient::next_frame(std::uint16_t channel, std::string_view awaited,
                                               Where where) {
  auto& waiting = frames_[channel];
  while (waiting.empty()) {
    // Whoever waits on a channel would otherwise wait for long after the connection's end.
    if (const auto& of_connection = frames_[0]; channel != 0 && !of_connection.empty()) {
      const auto method = amqp::decode_method(as_bytes(of_connection.front().payload));
      throw WireError(complaint(where, awaited, method ? describe(*method) : "another frame"));
    }
    if (!receive(awaited, where)) {
      throw WireError(complaint(where, awaited, "the end of the line"));
    }
  }
  const StoredFrame frame = waiting.front();
  waiting.pop_front();
  return frame;
}

bool WireClient::receive(std::string_view awaited, Where where) {
  std::string bytes;
  switch (transport_->receive(bytes)) {
    case Transport::Event::kBytes:
      break;
    case Transport::Event::kClosed:
      return false;
    case Transport::Event::kQuiet:
      throw WireError(complaint(where, awaited, "nothing"));
  }
  reader_.feed(as_bytes(bytes));
  for (;;) {
    const auto next = reader_.next();
    if (!next) throw WireError(complaint(where, awaited, next.error().message));
    const std::optional<amqp::Frame>& frame = *next;
    if (!frame) return true;
    if (frame->type == amqp::FrameType::kHeartbeat) {
      ++heartbeats_;
      continue;
    }
    const std::string& payload = payloads_.emplace_back(as_text(frame->payload));
    frames_[frame->channel].push_back({frame->type, payload});
  }
}

}  // namespace bb::test
