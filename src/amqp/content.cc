#include "amqp/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/try.h"

namespace bb::amqp {
namespace {

constexpr std::size_t kHeaderPrefixBytes = 12;  // class, weight, body size

}  // namespace

Result<ContentHeader> decode_content_header(ByteView payload) {
  ByteReader in(payload);
  ContentHeader header{};
  header.class_id = in.integer<std::uint16_t>();
  const auto weight = in.integer<std::uint16_t>();
  header.body_size = in.integer<std::uint64_t>();
  if (in.failed()) {
    return fail(ErrorCode::kSyntaxError,
                fmt::format("a content header of {} bytes is too short", payload.size()));
  }
  if (weight != 0) {
    return fail(ErrorCode::kUnexpectedFrame,
                fmt::format("a content header of weight {} instead of 0", weight));
  }
  header.properties = in.rest();
  return header;
}

void encode_content(Buffer& out, std::uint16_t channel, ByteView properties, ByteView body,
                    std::uint32_t frame_max_bytes) {
  BB_ASSERT(frame_max_bytes == 0 || frame_max_bytes > kFrameOverheadBytes);
  const std::size_t payload_bytes_max =
      (frame_max_bytes == 0 ? std::numeric_limits<std::uint32_t>::max() : frame_max_bytes) -
      kFrameOverheadBytes;

  const std::size_t header_bytes = kHeaderPrefixBytes + properties.size();
  BB_ASSERT(header_bytes <= std::numeric_limits<std::uint32_t>::max());
  out.append_integer(static_cast<std::uint8_t>(FrameType::kHeader));
  out.append_integer(channel);
  out.append_integer(static_cast<std::uint32_t>(header_bytes));
  out.append_integer(kBasicClassId);
  out.append_integer(std::uint16_t{0});
  out.append_integer(static_cast<std::uint64_t>(body.size()));
  out.append(properties);
  out.append_integer(kFrameEnd);

  while (!body.empty()) {
    const ByteView piece = body.first(std::min(body.size(), payload_bytes_max));
    encode_frame(out, FrameType::kBody, channel, piece);
    body = body.subspan(piece.size());
  }
}

void ContentAssembler::start() {
  state_ = State::kHeader;
  missing_bytes_ = 0;
  properties_.clear();
  body_.clear();
}

void ContentAssembler::trim() {
  static constexpr std::size_t kKeptBytes = 64 * 1024;
  if (state_ != State::kIdle || body_.capacity() <= kKeptBytes) return;
  body_ = {};
  body_.shrink_to_fit();
}

Result<bool> ContentAssembler::add(const Frame& frame) {
  auto complete = frame.type == FrameType::kHeader ? add_header(frame.payload)
                  : frame.type == FrameType::kBody
                      ? add_body(frame.payload)
                      : fail(ErrorCode::kUnexpectedFrame, "a frame that is no content");
  const bool skipping = state_ == State::kPassedOver;
  if (!complete && !skipping) state_ = State::kIdle;
  return complete;
}

Result<bool> ContentAssembler::add_header(ByteView payload) {
  if (state_ != State::kHeader) {
    // Whatever was being put together is given up.
    state_ = State::kIdle;
    return fail(ErrorCode::kUnexpectedFrame, "a content header that no method announced");
  }
  BB_TRY_ASSIGN(const ContentHeader header, decode_content_header(payload));
  if (header.class_id != kBasicClassId) {
    return fail(
        ErrorCode::kUnexpectedFrame,
        fmt::format("a content header of class {} instead of {}", header.class_id, kBasicClassId));
  }
  missing_bytes_ = header.body_size;
  if (header.body_size > body_bytes_max_) {
    state_ = State::kPassedOver;
    return fail(ErrorCode::kContentTooLarge,
                fmt::format("a message of {} bytes is above the limit of {}", header.body_size,
                            body_bytes_max_));
  }
  properties_.assign(as_text(header.properties));
  state_ = missing_bytes_ == 0 ? State::kIdle : State::kBody;
  return missing_bytes_ == 0;
}

Result<bool> ContentAssembler::add_body(ByteView payload) {
  if (state_ != State::kBody && state_ != State::kPassedOver) {
    return fail(ErrorCode::kUnexpectedFrame, "a content body that no header announced");
  }
  if (payload.size() > missing_bytes_) {
    state_ = State::kIdle;
    return fail(ErrorCode::kFrameError, "more content than its header announced");
  }
  missing_bytes_ -= payload.size();
  const bool kept = state_ == State::kBody;
  if (kept) body_.append(as_text(payload));
  if (missing_bytes_ == 0) state_ = State::kIdle;
  return kept && missing_bytes_ == 0;
}

}  // namespace bb::amqp
