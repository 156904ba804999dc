#include "broker/stream_offset_header.h"

#include <gtest/gtest.h>

#include "amqp/field_table.h"
#include "amqp/properties.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

std::string encode(const amqp::BasicProperties& properties) {
  Buffer out;
  amqp::encode_properties(out, properties);
  return std::string(as_text(out.view()));
}

// What set_stream_offset() makes of it, decoded, and the headers.
struct Told {
  std::string bytes;
  amqp::BasicProperties properties;
  amqp::FieldTable headers;
};
Told tell(const amqp::BasicProperties& properties, std::uint64_t offset) {
  Told told;
  set_stream_offset(told.bytes, encode(properties), offset);
  const auto decoded = amqp::decode_properties(as_bytes(told.bytes));
  EXPECT_TRUE(decoded) << decoded.error().message;
  told.properties = *decoded;
  told.headers = *amqp::decode_table(*decoded->headers);
  return told;
}

TEST(StreamOffsetHeader, IsTheOnlyOneWhereThereAreNone) {
  const Told told = tell({}, 5);
  EXPECT_EQ(told.headers, (amqp::FieldTable{{"x-stream-offset", std::int64_t{5}}}));
}

TEST(StreamOffsetHeader, LeavesAllElseAsItIs) {
  const std::string headers = amqp::encode_table_content({{"a", "b"}, {"n", 7}});
  const amqp::BasicProperties properties{.content_type = "text/plain",
                                         .content_encoding = "utf-8",
                                         .headers = as_bytes(headers),
                                         .delivery_mode = std::uint8_t{2},
                                         .correlation_id = "c",
                                         .timestamp = std::uint64_t{12}};
  const Told told = tell(properties, UINT64_C(1) << 40);
  EXPECT_EQ(told.properties.content_type, "text/plain");
  EXPECT_EQ(told.properties.content_encoding, "utf-8");
  EXPECT_EQ(told.properties.delivery_mode, 2);
  EXPECT_EQ(told.properties.correlation_id, "c");
  EXPECT_EQ(told.properties.timestamp, 12u);
  EXPECT_EQ(told.headers,
            (amqp::FieldTable{{"a", "b"}, {"n", 7}, {"x-stream-offset", std::int64_t{1} << 40}}));
}

TEST(StreamOffsetHeader, TakesThePlaceOfOneThatThePublisherSent) {
  const std::string headers = amqp::encode_table_content({{"x-stream-offset", "mine"}, {"a", "b"}});
  const Told told = tell({.headers = as_bytes(headers)}, 9);
  EXPECT_EQ(told.headers.find("x-stream-offset")->as_integer(), 9);
  EXPECT_EQ(*told.headers.find("a")->as_string(), "b");
  EXPECT_EQ(told.headers.entries().size(), 2u);
}

TEST(StreamOffsetHeader, UsesItsMemoryAgain) {
  std::string out;
  set_stream_offset(out, encode({.content_type = "a/b"}), 1);
  const std::string first = out;
  set_stream_offset(out, encode({.content_type = "a/b", .app_id = "x"}), 2);
  set_stream_offset(out, encode({.content_type = "a/b"}), 1);
  EXPECT_EQ(out, first);
}

}  // namespace
}  // namespace bb::broker
