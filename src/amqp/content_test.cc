#include "amqp/content.h"

#include <gtest/gtest.h>

#include "amqp/test_support.h"

namespace bb::amqp {
namespace {

using test::from_hex;
using test::to_hex;

constexpr std::uint64_t kBodyBytesMax = 1000;
const std::string kNoProperties = from_hex("0000");

std::string content(std::string_view properties, std::string_view body,
                    std::uint32_t frame_max_bytes) {
  Buffer out;
  encode_content(out, 1, as_bytes(properties), as_bytes(body), frame_max_bytes);
  return std::string(as_text(out.view()));
}

// Adds every frame of `stream`; the last one's answer, or the first error.
Result<bool> add_all(ContentAssembler& assembler, std::string_view stream) {
  FrameReader reader(0xFFFFFFFF);
  reader.feed(as_bytes(stream));
  Result<bool> complete = false;
  for (auto frame = reader.next(); frame->has_value(); frame = reader.next()) {
    complete = assembler.add(**frame);
    if (!complete) return complete;
  }
  return complete;
}

std::string header(std::string_view class_and_weight_and_size) {
  return from_hex(std::string(class_and_weight_and_size) + " 0000");
}

Result<bool> add_header(ContentAssembler& assembler, std::string_view payload) {
  return assembler.add({FrameType::kHeader, 1, as_bytes(payload)});
}
Result<bool> add_body(ContentAssembler& assembler, std::string_view payload) {
  return assembler.add({FrameType::kBody, 1, as_bytes(payload)});
}

TEST(Content, IsWrittenAsOthersWriteIt) {
  // The header frame that pika 1.4.4 writes for delivery_mode=2.
  EXPECT_EQ(to_hex(content(from_hex("1000 02"), "", kFrameMinBytes)),
            to_hex(from_hex("0200010000000f 003c 0000 0000000000000000 1000 02 ce")));
  EXPECT_EQ(to_hex(content(kNoProperties, "hello", kFrameMinBytes)),
            to_hex(from_hex("0200010000000e 003c 0000 0000000000000005 0000 ce"
                            "03000100000005 68656c6c6f ce")));
}

TEST(Content, BodyIsCutToFrameMax) {
  struct Case {
    std::size_t body_bytes;
    std::size_t body_frames;
  };
  constexpr std::size_t kRoom = kFrameMinBytes - kFrameOverheadBytes;
  for (const auto& [body_bytes, body_frames] :
       {Case{0, 0}, Case{1, 1}, Case{kRoom, 1}, Case{kRoom + 1, 2}, Case{3 * kRoom, 3}}) {
    const std::string body(body_bytes, 'b');
    const std::string stream = content(kNoProperties, body, kFrameMinBytes);
    EXPECT_EQ(stream.size(), 22 + body_bytes + body_frames * kFrameOverheadBytes) << body_bytes;

    FrameReader reader(kFrameMinBytes);  // refuses a frame above the limit
    reader.feed(as_bytes(stream));
    ContentAssembler assembler(1 << 20);
    assembler.start();
    Result<bool> complete = false;
    for (auto frame = reader.next(); frame && *frame; frame = reader.next()) {
      ASSERT_FALSE(*complete);
      complete = assembler.add(**frame);
      ASSERT_TRUE(complete);
    }
    EXPECT_TRUE(*complete) << body_bytes;
    EXPECT_EQ(assembler.body(), body);
  }
}

TEST(Content, FrameMaxOfZeroIsNoLimit) {
  const std::string body(200000, 'b');
  EXPECT_EQ(content(kNoProperties, body, 0).size(), 22 + kFrameOverheadBytes + body.size());
}

TEST(ContentHeader, EveryTruncationIsRefused) {
  const std::string payload = from_hex("003c 0000 0000000000000005 0000");
  for (std::size_t kept_bytes = 0; kept_bytes < 12; ++kept_bytes) {
    const auto decoded = decode_content_header(as_bytes(payload).first(kept_bytes));
    ASSERT_FALSE(decoded) << kept_bytes;
    EXPECT_EQ(decoded.error().code, ErrorCode::kSyntaxError);
  }
  const auto decoded = decode_content_header(as_bytes(payload));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->class_id, 60);
  EXPECT_EQ(decoded->body_size, 5u);
  EXPECT_EQ(as_text(decoded->properties), kNoProperties);
}

TEST(ContentHeader, WeightIsZero) {
  const std::string payload = header("003c 0001 0000000000000005");
  const auto decoded = decode_content_header(as_bytes(payload));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message, "a content header of weight 1 instead of 0");
}

TEST(ContentAssembler, PutsPropertiesAndBodyTogether) {
  ContentAssembler assembler(kBodyBytesMax);
  EXPECT_FALSE(assembler.active());
  assembler.start();
  EXPECT_TRUE(assembler.active());
  EXPECT_EQ(add_header(assembler, from_hex("003c 0000 0000000000000006 1000 02")), false);
  EXPECT_EQ(add_body(assembler, "abc"), false);
  EXPECT_EQ(add_body(assembler, ""), false);
  EXPECT_EQ(add_body(assembler, "def"), true);
  EXPECT_FALSE(assembler.active());
  EXPECT_EQ(assembler.properties(), from_hex("1000 02"));
  EXPECT_EQ(assembler.body(), "abcdef");
  EXPECT_EQ(assembler.take_body(), "abcdef");
}

TEST(ContentAssembler, StartDropsWhatWasUnfinished) {
  ContentAssembler assembler(kBodyBytesMax);
  assembler.start();
  ASSERT_TRUE(add_header(assembler, header("003c 0000 0000000000000006")));
  ASSERT_TRUE(add_body(assembler, "abc"));
  assembler.start();
  EXPECT_EQ(add_all(assembler, content(kNoProperties, "next", kFrameMinBytes)), true);
  EXPECT_EQ(assembler.body(), "next");
}

TEST(ContentAssembler, NamesWhatIsOutOfOrder) {
  struct Case {
    const char* what;
    std::vector<std::pair<FrameType, std::string>> frames;
    ErrorCode code;
    const char* message;
  };
  const std::string six = header("003c 0000 0000000000000006");
  const Case cases[] = {
      {"a body first",
       {{FrameType::kBody, "abc"}},
       ErrorCode::kUnexpectedFrame,
       "a content body that no header announced"},
      {"two headers",
       {{FrameType::kHeader, six}, {FrameType::kHeader, six}},
       ErrorCode::kUnexpectedFrame,
       "a content header that no method announced"},
      {"a method between",
       {{FrameType::kHeader, six}, {FrameType::kMethod, ""}},
       ErrorCode::kUnexpectedFrame,
       "a frame that is no content"},
      {"another class",
       {{FrameType::kHeader, header("003d 0000 0000000000000006")}},
       ErrorCode::kUnexpectedFrame,
       "a content header of class 61 instead of 60"},
      {"a short header",
       {{FrameType::kHeader, "short"}},
       ErrorCode::kSyntaxError,
       "a content header of 5 bytes is too short"},
      {"too much body",
       {{FrameType::kHeader, six}, {FrameType::kBody, "abcdefg"}},
       ErrorCode::kFrameError,
       "more content than its header announced"},
  };
  for (const auto& [what, frames, code, message] : cases) {
    SCOPED_TRACE(what);
    ContentAssembler assembler(kBodyBytesMax);
    assembler.start();
    Result<bool> added = false;
    for (const auto& [type, payload] : frames) {
      ASSERT_TRUE(added);
      added = assembler.add({type, 1, as_bytes(payload)});
    }
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error(), (Error{code, message}));
    EXPECT_FALSE(assembler.active());
  }
}

TEST(ContentAssembler, NothingIsExpectedWhenIdle) {
  ContentAssembler assembler(kBodyBytesMax);
  EXPECT_EQ(add_header(assembler, header("003c 0000 0000000000000006")).error().code,
            ErrorCode::kUnexpectedFrame);
  assembler.start();
  EXPECT_EQ(add_header(assembler, header("003c 0000 0000000000000000")), true);
  EXPECT_EQ(add_body(assembler, "").error().code, ErrorCode::kUnexpectedFrame);
}

TEST(ContentAssembler, PassesOverABodyAboveTheLimit) {
  ContentAssembler assembler(kBodyBytesMax);
  assembler.start();
  EXPECT_EQ(add_header(assembler, header("003c 0000 00000000000003e8")), false);  // 1000
  assembler.start();
  const auto refused = add_header(assembler, header("003c 0000 00000000000003e9"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{ErrorCode::kContentTooLarge,
                                    "a message of 1001 bytes is above the limit of 1000"}));

  EXPECT_EQ(add_body(assembler, std::string(1000, 'x')), false);
  EXPECT_TRUE(assembler.active());
  EXPECT_EQ(add_body(assembler, "x"), false);
  EXPECT_FALSE(assembler.active());
  EXPECT_EQ(assembler.body(), "");
}

TEST(ContentAssembler, AnAnnouncedSizeHoldsNothing) {
  ContentAssembler assembler(std::uint64_t{1} << 60);
  assembler.start();
  EXPECT_EQ(add_header(assembler, header("003c 0000 0fffffffffffffff")), false);
  EXPECT_EQ(add_body(assembler, "little"), false);
  EXPECT_LT(assembler.body().capacity(), 100u);
}

}  // namespace
}  // namespace bb::amqp
