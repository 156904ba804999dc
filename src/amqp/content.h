// Content: the header and body frames that follow publish, return, deliver and
// get-ok (AMQP 0-9-1 §4.2.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "amqp/frame.h"
#include "base/bytes.h"
#include "bloodbank/result.h"

namespace bb::amqp {

struct ContentHeader {
  std::uint16_t class_id;
  std::uint64_t body_size;
  ByteView properties;  // flags and list, as decode_properties() takes them
};

// Decodes the payload of a header frame. kSyntaxError when it is too short,
// kUnexpectedFrame when its weight is not 0. The properties are not looked at.
Result<ContentHeader> decode_content_header(ByteView payload);

// Appends the header frame and as many body frames as `frame_max_bytes` asks for (0: no
// limit, AMQP 0-9-1 §1.4.2.6); an empty body has none. `properties` are flags and list.
// A header cannot be split: with properties that do not fit it is longer than
// frame_max_bytes, as it is from RabbitMQ.
void encode_content(Buffer& out, std::uint16_t channel, ByteView properties, ByteView body,
                    std::uint32_t frame_max_bytes);

// Puts one channel's content together. Memory grows with what arrives, never with
// the size that was announced. Not thread-safe.
//
//   assembler.start();                    // a content-bearing method came
//   assembler.add(frame) -> true          // complete: properties(), take_body()
class ContentAssembler {
 public:
  explicit ContentAssembler(std::uint64_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  // Expect a header frame next. Whatever was unfinished is dropped.
  void start();
  bool active() const { return state_ != State::kIdle; }

  // Takes a header or body frame of this channel; true once the content is complete,
  // after which the assembler is idle and properties() and body() may be taken.
  // Errors: kUnexpectedFrame (out of order, or another class), kSyntaxError (malformed
  // header), kFrameError (more body than announced), kContentTooLarge (above the
  // limit; a channel error: the body frames that still come are taken and dropped).
  // After any other error the assembler is idle.
  Result<bool> add(const Frame& frame);

  // Of the content completed last; valid until start().
  const std::string& properties() const { return properties_; }
  const std::string& body() const { return body_; }
  // Gives back the memory that a large content has left behind.
  void trim();
  std::string take_properties() { return std::move(properties_); }
  std::string take_body() { return std::move(body_); }

 private:
  enum class State { kIdle, kHeader, kBody, kPassedOver };

  Result<bool> add_header(ByteView payload);
  Result<bool> add_body(ByteView payload);

  std::uint64_t body_bytes_max_;
  State state_ = State::kIdle;
  std::uint64_t missing_bytes_ = 0;
  std::string properties_;
  std::string body_;
};

}  // namespace bb::amqp
