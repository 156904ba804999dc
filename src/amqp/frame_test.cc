#include "amqp/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "amqp/test_support.h"

namespace bb::amqp {
namespace {

using test::from_hex;
using test::to_hex;

struct OwnedFrame {
  FrameType type;
  std::uint16_t channel;
  std::string payload;
  friend bool operator==(const OwnedFrame&, const OwnedFrame&) = default;
};

void PrintTo(const OwnedFrame& frame, std::ostream* out) {
  *out << int(frame.type) << '/' << frame.channel << '/' << to_hex(frame.payload);
}

std::string encoded(const OwnedFrame& frame) {
  Buffer out;
  encode_frame(out, frame.type, frame.channel, as_bytes(frame.payload));
  return std::string(as_text(out.view()));
}

// Feeds `stream` in pieces of `piece_bytes` and collects the frames.
Result<std::vector<OwnedFrame>> read_all(FrameReader& reader, std::string_view stream,
                                         std::size_t piece_bytes) {
  std::vector<OwnedFrame> frames;
  while (!stream.empty()) {
    // A copy on the heap, so that a sanitizer sees what outlives its bytes.
    const std::string piece(stream.substr(0, piece_bytes));
    stream.remove_prefix(piece.size());
    reader.feed(as_bytes(piece));
    for (;;) {
      auto frame = reader.next();
      if (!frame) return fail(frame.error());
      if (!*frame) break;
      frames.push_back(
          {(*frame)->type, (*frame)->channel, std::string(as_text((*frame)->payload))});
    }
  }
  return frames;
}

std::string error_of(std::string_view hex, ErrorCode code = ErrorCode::kFrameError) {
  FrameReader reader(kFrameMinBytes);
  const std::string stream = from_hex(hex);
  const auto frames = read_all(reader, stream, stream.size());
  if (frames) return "none";
  EXPECT_EQ(frames.error().code, code);
  return frames.error().message;
}

TEST(Frame, IsWrittenAsInTheSpecification) {
  EXPECT_EQ(to_hex(encoded({FrameType::kBody, 1, "hello"})), "0300010000000568656c6c6fce");
  EXPECT_EQ(to_hex(encoded({FrameType::kMethod, 0xABCD, ""})), "01abcd00000000ce");
  Buffer out;
  encode_heartbeat(out);
  EXPECT_EQ(to_hex(as_text(out.view())), "08000000000000ce");
}

TEST(FrameReader, FindsTheSameFramesHoweverTheStreamIsCut) {
  constexpr std::uint64_t kSeed = 0x0423;
  SCOPED_TRACE(testing::Message() << "seed=" << kSeed);
  std::mt19937_64 random(kSeed);
  std::vector<OwnedFrame> frames;
  std::string stream;
  for (int i = 0; i < 60; ++i) {
    const bool heartbeat = random() % 8 == 0;
    OwnedFrame frame{heartbeat ? FrameType::kHeartbeat : FrameType(1 + random() % 3),
                     heartbeat ? std::uint16_t{0} : static_cast<std::uint16_t>(random()), ""};
    if (!heartbeat) frame.payload.assign(random() % 300, static_cast<char>(random()));
    stream += encoded(frame);
    frames.push_back(std::move(frame));
  }
  for (const std::size_t piece_bytes : {1, 2, 3, 6, 7, 8, 9, 64, 255, 1000, 1 << 20}) {
    SCOPED_TRACE(testing::Message() << "piece_bytes=" << piece_bytes);
    FrameReader reader(kFrameMinBytes);
    const auto read = read_all(reader, stream, piece_bytes);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, frames);
    EXPECT_EQ(reader.held_bytes(), 0u);
  }
}

TEST(FrameReader, HandsOutWholeFramesWhereTheyLie) {
  const std::string stream =
      encoded({FrameType::kBody, 1, "first"}) + encoded({FrameType::kBody, 1, "second"});
  FrameReader reader;
  reader.feed(as_bytes(stream));
  for (int i = 0; i < 2; ++i) {
    const auto frame = reader.next();
    ASSERT_TRUE(frame && *frame);
    const char* payload = as_text((*frame)->payload).data();
    EXPECT_TRUE(payload > stream.data() && payload < stream.data() + stream.size());
    EXPECT_EQ(reader.held_bytes(), 0u);
  }
}

TEST(FrameReader, CopiesOnlyWhatTheHeldFrameLacks) {
  const std::string stream =
      encoded({FrameType::kBody, 1, "torn"}) + encoded({FrameType::kBody, 1, "whole"});
  FrameReader reader;
  reader.feed(as_bytes(stream).first(9));
  ASSERT_FALSE(reader.next()->has_value());
  EXPECT_EQ(reader.held_bytes(), 9u);

  reader.feed(as_bytes(stream).subspan(9));
  auto frame = reader.next();
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ(as_text((*frame)->payload), "torn");
  EXPECT_EQ(reader.held_bytes(), 0u);
  frame = reader.next();
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ(as_text((*frame)->payload).data(), stream.data() + stream.size() - 6);
}

TEST(FrameReader, WaitsAtEveryCutOfAFrame) {
  const std::string stream = encoded({FrameType::kMethod, 5, "payload"});
  for (std::size_t kept_bytes = 0; kept_bytes < stream.size(); ++kept_bytes) {
    FrameReader reader;
    reader.feed(as_bytes(stream).first(kept_bytes));
    const auto frame = reader.next();
    ASSERT_TRUE(frame) << kept_bytes;
    EXPECT_FALSE(frame->has_value()) << kept_bytes;
    EXPECT_EQ(reader.held_bytes(), kept_bytes);
  }
}

TEST(FrameReader, AnAnnouncedSizeHoldsNothing) {
  FrameReader reader(0xFFFFFFFF);
  const std::string header = from_hex("01 0001 f0000000");  // 4 GiB are to follow
  reader.feed(as_bytes(header));
  ASSERT_FALSE(reader.next()->has_value());
  EXPECT_EQ(reader.held_bytes(), header.size());

  const std::string little(1000, 'x');
  for (std::size_t i = 1; i <= 10; ++i) {
    reader.feed(as_bytes(little));
    ASSERT_FALSE(reader.next()->has_value());
    EXPECT_EQ(reader.held_bytes(), header.size() + i * little.size());
  }
}

TEST(FrameReader, NamesWhatIsWrong) {
  EXPECT_EQ(error_of("00"), "unknown frame type 0");
  EXPECT_EQ(error_of("04"), "unknown frame type 4");
  EXPECT_EQ(error_of("41 4d 51 50 00 00 09 01"), "unknown frame type 65");
  EXPECT_EQ(error_of("01 0003 ffffffff"),
            "a frame of 4294967303 bytes on channel 3 is above the negotiated frame_max of 4096");
  EXPECT_EQ(error_of("03 0001 00000002 6869 00"),
            "a frame ends with the octet 0x00 instead of 0xce");
  EXPECT_EQ(error_of("08 0001 00000000 ce", ErrorCode::kUnexpectedFrame),
            "a heartbeat on channel 1 instead of 0");
  EXPECT_EQ(error_of("08 0000 00000001 00 ce"), "a heartbeat with a payload");
}

TEST(FrameReader, FrameMaxCountsHeaderAndEnd) {
  const auto size_limit = [](std::size_t frame_bytes) {
    FrameReader reader(kFrameMinBytes);
    const std::string stream =
        encoded({FrameType::kBody, 1, std::string(frame_bytes - kFrameOverheadBytes, 'x')});
    return read_all(reader, stream, stream.size()).has_value();
  };
  EXPECT_TRUE(size_limit(kFrameMinBytes));
  EXPECT_FALSE(size_limit(kFrameMinBytes + 1));
}

TEST(FrameReader, FrameMaxCanBeRaisedBetweenFrames) {
  const std::string large = encoded({FrameType::kBody, 1, std::string(10000, 'x')});
  FrameReader reader(kFrameMinBytes);
  reader.set_frame_max(kDefaultFrameMaxBytes);
  EXPECT_TRUE(read_all(reader, large, 1000));
}

TEST(FrameReader, StaysFailed) {
  FrameReader reader;
  const std::string bad = from_hex("09");
  const std::string good = encoded({FrameType::kBody, 1, "x"});
  reader.feed(as_bytes(bad));
  const auto first = reader.next();
  ASSERT_FALSE(first);
  reader.feed(as_bytes(good));
  const auto second = reader.next();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), first.error());
  EXPECT_EQ(reader.held_bytes(), 0u);
}

}  // namespace
}  // namespace bb::amqp
