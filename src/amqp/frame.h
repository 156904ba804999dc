// Frames (AMQP 0-9-1 §4.2.3): cutting a byte stream into frames, and writing them.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "amqp/constants.h"
#include "base/bytes.h"
#include "bloodbank/result.h"

namespace bb::amqp {

struct Frame {
  FrameType type;
  std::uint16_t channel;
  ByteView payload;
};

// Cuts a stream into frames. Holds at most one incomplete frame, so its memory is
// bounded by frame_max and by what was really received: a length that a peer
// announces allocates nothing. Between frames a large buffer is given back.
//
//   reader.feed(bytes);                       // borrows bytes
//   while (frame = reader.next()) handle(*frame);  // until nullopt or an error
//
// After an error every later next() gives the same error. Not thread-safe.
class FrameReader {
 public:
  // Frames longer than `frame_max_bytes` (header and end included) are refused.
  explicit FrameReader(std::uint32_t frame_max_bytes = kDefaultFrameMaxBytes);

  void set_frame_max(std::uint32_t frame_max_bytes);

  // Adds bytes to the stream. They are borrowed until next() has returned nullopt;
  // only then may feed() be called again.
  void feed(ByteView bytes);

  // The next whole frame, or nullopt when more bytes are needed. The payload is
  // valid until the next call of next() or feed(). kFrameError: unknown type, a size
  // above frame_max, a missing end octet, a heartbeat with a payload. kUnexpectedFrame: a
  // heartbeat on a channel.
  Result<std::optional<Frame>> next();

  // Takes back the bytes fed that next() has not come to: whoever stops half-way keeps
  // them and feeds them again later. The frame given last is no longer valid.
  ByteView take_unread() { return std::exchange(fresh_, {}); }

  // Bytes of an incomplete frame held back.
  std::size_t held_bytes() const { return held_is_consumed_ ? 0 : held_.size(); }

 private:
  // Each gives one whole frame, or nothing when more bytes are needed.
  Result<ByteView> take_fresh();
  Result<ByteView> complete_held();
  // Moves fresh bytes to the held ones until there are `held_bytes` or no fresh ones.
  void take_until(std::size_t held_bytes);
  Result<std::size_t> frame_size(ByteView bytes) const;  // 0: not known yet

  std::uint32_t frame_max_bytes_;
  ByteView fresh_;
  Buffer held_;
  bool held_is_consumed_ = false;  // the frame in held_ has been handed out
  std::optional<Error> failed_;
};

// Appends one frame.
void encode_frame(Buffer& out, FrameType type, std::uint16_t channel, ByteView payload);

void encode_heartbeat(Buffer& out);

}  // namespace bb::amqp
