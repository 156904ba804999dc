#include "amqp/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/try.h"

namespace bb::amqp {
namespace {

// A reader at rest keeps no more than this, however large its last frame was.
constexpr std::size_t kIdleCapacityMaxBytes = 4096;

bool is_frame_type(std::uint8_t type) {
  switch (static_cast<FrameType>(type)) {
    case FrameType::kMethod:
    case FrameType::kHeader:
    case FrameType::kBody:
    case FrameType::kHeartbeat:
      return true;
  }
  return false;
}

// `bytes` are one whole frame.
Result<Frame> whole_frame(ByteView bytes) {
  if (std::to_integer<std::uint8_t>(bytes.back()) != kFrameEnd) {
    return fail(ErrorCode::kFrameError,
                fmt::format("a frame ends with the octet 0x{:02x} instead of 0xce",
                            std::to_integer<unsigned>(bytes.back())));
  }
  return Frame{static_cast<FrameType>(bytes[0]), load_big_endian<std::uint16_t>(bytes.data() + 1),
               bytes.subspan(kFrameHeaderBytes, bytes.size() - kFrameOverheadBytes)};
}

}  // namespace

FrameReader::FrameReader(std::uint32_t frame_max_bytes) : frame_max_bytes_(frame_max_bytes) {}

void FrameReader::set_frame_max(std::uint32_t frame_max_bytes) {
  frame_max_bytes_ = frame_max_bytes;
}

void FrameReader::feed(ByteView bytes) {
  BB_ASSERT(fresh_.empty() || failed_);
  fresh_ = bytes;
}

Result<std::optional<Frame>> FrameReader::next() {
  if (failed_) return fail(*failed_);
  if (held_is_consumed_) {
    held_.clear();
    held_is_consumed_ = false;
  }

  const auto bytes = held_.empty() ? take_fresh() : complete_held();
  if (bytes && bytes->empty()) return std::nullopt;
  auto frame = bytes ? whole_frame(*bytes) : Result<Frame>(fail(bytes.error()));
  if (!frame) {
    failed_ = std::move(frame).error();
    held_.reset();
    held_is_consumed_ = false;
    fresh_ = {};
    return fail(*failed_);
  }
  return *frame;
}

// The common case: frames are handed out where they lie, and only an incomplete
// tail is copied.
Result<ByteView> FrameReader::take_fresh() {
  BB_TRY_ASSIGN(const std::size_t size, frame_size(fresh_));
  if (size != 0 && size <= fresh_.size()) {
    const ByteView whole = fresh_.first(size);
    fresh_ = fresh_.subspan(size);
    return whole;
  }
  if (!fresh_.empty()) {
    held_.append(std::exchange(fresh_, {}));
  } else if (held_.capacity() > kIdleCapacityMaxBytes) {
    held_.reset();
  }
  return ByteView{};
}

// Copies to the held frame what it lacks and no more, so that the frames behind it
// are not copied. The size is known only once the whole header is there.
Result<ByteView> FrameReader::complete_held() {
  take_until(kFrameHeaderBytes);
  BB_TRY_ASSIGN(const std::size_t size, frame_size(held_.view()));
  if (size == 0) return ByteView{};
  take_until(size);
  if (held_.size() < size) return ByteView{};
  held_is_consumed_ = true;
  return held_.view();
}

void FrameReader::take_until(std::size_t held_bytes) {
  if (held_.size() >= held_bytes) return;
  const std::size_t taken = std::min(held_bytes - held_.size(), fresh_.size());
  held_.append(fresh_.first(taken));
  fresh_ = fresh_.subspan(taken);
}

Result<std::size_t> FrameReader::frame_size(ByteView bytes) const {
  if (bytes.empty()) return 0;
  const auto type = std::to_integer<std::uint8_t>(bytes[0]);
  if (!is_frame_type(type)) {
    return fail(ErrorCode::kFrameError, fmt::format("unknown frame type {}", type));
  }
  if (bytes.size() < kFrameHeaderBytes) return 0;

  const auto channel = load_big_endian<std::uint16_t>(bytes.data() + 1);
  const std::size_t payload_bytes = load_big_endian<std::uint32_t>(bytes.data() + 3);
  // The sum of a 32-bit number and 8 cannot overflow here.
  static_assert(sizeof(std::size_t) > sizeof(std::uint32_t));
  const std::size_t size = payload_bytes + kFrameOverheadBytes;
  if (size > frame_max_bytes_) {
    return fail(ErrorCode::kFrameError,
                fmt::format("a frame of {} bytes on channel {} is above the negotiated frame_max "
                            "of {}",
                            size, channel, frame_max_bytes_));
  }
  if (type == static_cast<std::uint8_t>(FrameType::kHeartbeat)) {
    if (channel != 0) {
      // AMQP 0-9-1 §4.2.7 asks for FRAME_ERROR; RabbitMQ says UNEXPECTED_FRAME.
      return fail(ErrorCode::kUnexpectedFrame,
                  fmt::format("a heartbeat on channel {} instead of 0", channel));
    }
    if (payload_bytes != 0) {
      return fail(ErrorCode::kFrameError, "a heartbeat with a payload");
    }
  }
  return size;
}

void encode_frame(Buffer& out, FrameType type, std::uint16_t channel, ByteView payload) {
  BB_ASSERT(payload.size() <= std::numeric_limits<std::uint32_t>::max());
  std::byte* at = out.extend(payload.size() + kFrameOverheadBytes);
  at[0] = static_cast<std::byte>(type);
  store_big_endian(at + 1, channel);
  store_big_endian(at + 3, static_cast<std::uint32_t>(payload.size()));
  at += kFrameHeaderBytes;
  if (!payload.empty()) std::memcpy(at, payload.data(), payload.size());
  at[payload.size()] = static_cast<std::byte>(kFrameEnd);
}

void encode_heartbeat(Buffer& out) {
  encode_frame(out, FrameType::kHeartbeat, 0, {});
}

}  // namespace bb::amqp
