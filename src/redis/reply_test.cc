#include "redis/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bb::redis {
namespace {

using testing::HasSubstr;

Reply read_one(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  EXPECT_TRUE(reply && *reply) << bytes;
  return reply && *reply ? std::move(**reply) : Reply();
}

TEST(RedisCommand, IsAnArrayOfBulkStrings) {
  std::string out;
  const std::string value("a\r\n\0b", 5);
  append_command(out, {"SET", "k", value});
  EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\n" + value + "\r\n");
}

TEST(RedisReply, HasItsKindAndValue) {
  EXPECT_EQ(read_one("+OK\r\n").text, "OK");
  EXPECT_EQ(read_one(":-7\r\n").integer, -7);
  EXPECT_EQ(read_one("$3\r\na\rb\r\n").text, "a\rb");
  EXPECT_TRUE(read_one("$-1\r\n").is_nil());
  EXPECT_TRUE(read_one("-ERR no\r\n").is_error());
  const Reply array = read_one("*2\r\n$1\r\nx\r\n*1\r\n:4\r\n");
  ASSERT_EQ(array.items.size(), 2u);
  EXPECT_EQ(array.items[0].text, "x");
  EXPECT_EQ(array.items[1].items.at(0).integer, 4);
}

TEST(RedisReply, IsPutTogetherFromPieces) {
  const std::string_view bytes = "*2\r\n$5\r\nhello\r\n:12\r\n+next\r\n";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    ReplyReader reader;
    std::vector<Reply> replies;
    for (const std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
      reader.feed(piece);
      for (;;) {
        auto reply = reader.next();
        ASSERT_TRUE(reply);
        if (!*reply) break;
        replies.push_back(std::move(**reply));
      }
    }
    ASSERT_EQ(replies.size(), 2u);
    EXPECT_EQ(replies[0].items.at(0).text, "hello");
    EXPECT_EQ(replies[1].text, "next");
  }
}

TEST(RedisReply, OfAnotherProtocolIsAnError) {
  ReplyReader reader;
  reader.feed("HTTP/1.1 400 Bad Request\r\n\r\n");
  const auto reply = reader.next();
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().message, HasSubstr("no Redis"));
}

TEST(RedisReply, TellsRefusalsFromOtherErrors) {
  for (const std::string_view text :
       {"NOAUTH Authentication required.", "WRONGPASS invalid username-password pair",
        "NOPERM this user has no permissions", "ERR AUTH <password> called without any password"}) {
    Reply reply;
    reply.kind = Reply::Kind::kError;
    reply.text = text;
    EXPECT_EQ(error_of(reply).code, ErrorCode::kAccessRefused) << text;
  }
  Reply other;
  other.kind = Reply::Kind::kError;
  other.text = "WRONGTYPE Operation against a key";
  EXPECT_EQ(error_of(other).code, ErrorCode::kFailure);
  EXPECT_THAT(error_of(other).message, HasSubstr("WRONGTYPE"));
  other.text += " script: 725bda, on @user_script:20.";
  EXPECT_EQ(error_of(other).message, "Redis says: WRONGTYPE Operation against a key");
}

}  // namespace
}  // namespace bb::redis
