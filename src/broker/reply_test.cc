#include "broker/reply.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace bb::broker {
namespace {

constexpr std::string_view kName = "NOT_FOUND - ";
constexpr std::size_t kTextMaxBytes = 255;

std::string not_found(std::string message) {
  return reply_text({ErrorCode::kNotFound, std::move(message)});
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::string repeated(std::size_t times, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all.append(text);
  return all;
}

TEST(ReplyText, BeginsWithTheNameOfTheCode) {
  EXPECT_EQ(not_found("no queue 'x' in vhost '/'"), "NOT_FOUND - no queue 'x' in vhost '/'");
  EXPECT_EQ(reply_text({ErrorCode::kConnectionForced, "shutdown"}), "CONNECTION_FORCED - shutdown");
}

TEST(ReplyText, WhatFitsExactlyIsKept) {
  const std::string message(kTextMaxBytes - kName.size(), 'x');
  EXPECT_EQ(not_found(message), std::string(kName) + message);
}

TEST(ReplyText, OneByteMoreIsCutToExactlyWhatFits) {
  const std::string text = not_found(std::string(kTextMaxBytes - kName.size() + 1, 'x'));
  EXPECT_EQ(text.size(), kTextMaxBytes);
  EXPECT_EQ(text, std::string(kName) + std::string(kTextMaxBytes - kName.size() - 3, 'x') + "...");
}

TEST(ReplyText, IsNeverCutWithinACharacter) {
  for (const std::string_view character : {"é", "€", "🩸"}) {
    for (std::size_t shift = 0; shift < character.size(); ++shift) {
      SCOPED_TRACE(testing::Message() << character << " shifted by " << shift);
      const std::string text = not_found(std::string(shift, 'x') + repeated(200, character));
      EXPECT_LE(text.size(), kTextMaxBytes);
      EXPECT_GT(text.size(), kTextMaxBytes - character.size()) << "no more is cut than has to be";
      EXPECT_TRUE(is_utf8(text)) << text;
      EXPECT_TRUE(text.ends_with(std::string(character) + "...")) << text;
    }
  }
}

TEST(ReplyText, BytesThatAreNoCharactersAreCutToo) {
  const std::string text = not_found(std::string(1000, '\x80'));
  EXPECT_LE(text.size(), kTextMaxBytes);
  EXPECT_TRUE(text.starts_with("NOT_FOUND")) << text;
}

ErrorCode from_amqp(int reply_code) {
  return error_from_amqp(static_cast<std::uint16_t>(reply_code));
}

TEST(ClosesConnection, SoftErrorsEndTheirChannelOnly) {
  for (const int code : {311, 312, 313, 403, 404, 405, 406}) {
    EXPECT_FALSE(closes_connection(from_amqp(code))) << code;
  }
  for (const int code : {320, 501, 502, 503, 504, 505, 506, 530, 540, 541}) {
    EXPECT_TRUE(closes_connection(from_amqp(code))) << code;
  }
}

}  // namespace
}  // namespace bb::broker
