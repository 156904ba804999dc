#include "base/base64.h"

#include <gtest/gtest.h>

#include <random>

namespace bb {
namespace {

// RFC 4648 §10.
TEST(Base64, EncodesTheVectorsOfItsSpecification) {
  EXPECT_EQ(encode_base64(""), "");
  EXPECT_EQ(encode_base64("f"), "Zg==");
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("foo"), "Zm9v");
  EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(encode_base64("\xFB\xFF\xFE"), "+//+");
}

TEST(Base64, DecodesWhatItEncodes) {
  std::mt19937 random(7);
  for (std::size_t size = 0; size < 70; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
  }
}

TEST(Base64, RefusesEverythingElse) {
  for (const std::string_view text : {"Z", "Zg", "Zg=", "Zg==Zg==", "Zm9v\n", "Zm 9", "Zm-_", "=",
                                      "====", "Z===", "Zm=v", "Zh==", "Zm9="}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace bb
