#include "cli/json_text.h"

#include <gmock/gmock.h>

namespace bb::cli {
namespace {

TEST(QuoteJson, EscapesWhatJsonMust) {
  EXPECT_EQ(quote_json("plain ☕"), "\"plain ☕\"");
  EXPECT_EQ(quote_json("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(quote_json("line\nbreak\x1b"), "\"line\\u000abreak\\u001b\"");
  EXPECT_EQ(quote_json("caf\xe9!"), "\"caf\uFFFD!\"");
}

// The vectors of RFC 4648 §10.
TEST(Base64, IsAsTheSpecificationSays) {
  EXPECT_EQ(encode_base64(""), "");
  EXPECT_EQ(encode_base64("f"), "Zg==");
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("foo"), "Zm9v");
  EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(encode_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encode_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encode_base64("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace bb::cli
