#include "broker/sender_copies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amqp/field_table.h"
#include "base/bytes.h"

namespace bb::broker {
namespace {

using amqp::FieldArray;
using amqp::FieldTable;
using testing::ElementsAre;
using testing::IsEmpty;

// Properties with headers, and the bytes that they borrow.
struct Headed {
  explicit Headed(const FieldTable& headers) : content(amqp::encode_table_content(headers)) {
    properties.headers = as_bytes(content);
    properties.message_id = "id";
  }
  std::string content;
  amqp::BasicProperties properties;
};

TEST(SenderCopies, AreTheTextsOfBothHeaders) {
  const Headed headed(
      {{"BCC", FieldArray{"c"}}, {"a", "b"}, {"CC", FieldArray{"a", std::int32_t{1}, "b"}}});
  ASSERT_TRUE(may_have_copies(headed.properties));
  const auto copies = sender_copies(headed.properties);
  ASSERT_TRUE(copies);
  EXPECT_THAT(copies->keys, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(copies->blind);
  Buffer encoded;
  amqp::encode_properties(encoded, headed.properties);
  ASSERT_TRUE(may_have_blind_copies(as_text(encoded.view())));
  const std::string shown = without_blind_copies(as_text(encoded.view()));
  EXPECT_FALSE(may_have_blind_copies(shown));
  const auto left = amqp::decode_properties(as_bytes(shown));
  ASSERT_TRUE(left);
  EXPECT_EQ(left->message_id, "id");
  EXPECT_EQ(*amqp::decode_table(*left->headers),
            (FieldTable{{"a", "b"}, {"CC", FieldArray{"a", std::int32_t{1}, "b"}}}));
}

TEST(SenderCopies, WithoutBccAreNotBlind) {
  const Headed headed(FieldTable{{"CC", FieldArray{}}});
  const auto copies = sender_copies(headed.properties);
  ASSERT_TRUE(copies);
  EXPECT_THAT(copies->keys, IsEmpty());
  EXPECT_FALSE(copies->blind);
}

TEST(SenderCopies, OtherHeadersHaveNone) {
  EXPECT_FALSE(may_have_copies({}));
  EXPECT_FALSE(may_have_copies(Headed({{"cc", FieldArray{"a"}}, {"ACC", "b"}}).properties));
  // What looks like one costs a second look and no more.
  const Headed similar(FieldTable{{"text", std::string("\2CC")}});
  EXPECT_TRUE(may_have_copies(similar.properties));
  EXPECT_THAT(sender_copies(similar.properties)->keys, IsEmpty());
}

TEST(SenderCopies, HaveToBeArrays) {
  const auto copies = sender_copies(Headed(FieldTable{{"BCC", "key"}}).properties);
  ASSERT_FALSE(copies);
  EXPECT_EQ(copies.error().code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(copies.error().message,
            "invalid message: {unacceptable_type_in_header,\"BCC\",longstr}");
}

}  // namespace
}  // namespace bb::broker
