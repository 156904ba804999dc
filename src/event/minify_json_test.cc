#include <gtest/gtest.h>

#include "bloodbank/envelope.h"

namespace bb {
namespace {

TEST(MinifyJson, DropsWhiteSpaceBetweenTokens) {
  EXPECT_EQ(minify_json(" { \"a\" :\t1.10 ,\r\n \"b\" : [ true , null ] } \n"),
            R"({"a":1.10,"b":[true,null]})");
  EXPECT_EQ(minify_json("1e400"), "1e400");
  EXPECT_EQ(minify_json(""), "");
}

TEST(MinifyJson, LeavesStringsAlone) {
  EXPECT_EQ(minify_json(R"([ " a  b ", "\" , \\" , "\\\\" , " x" ])"),
            R"([" a  b ","\" , \\","\\\\"," x"])");
}

TEST(MinifyJson, LeavesOneLine) {
  EXPECT_EQ(minify_json("{\n  \"a\": \"x\\ny\",\n  \"b\": {}\n}\n").find('\n'), std::string::npos);
}

TEST(MinifyJson, EndsWithATextThatIsCutInAString) {
  EXPECT_EQ(minify_json(R"({ "a b)"), R"({"a b)");
  EXPECT_EQ(minify_json(R"({ "a\)"), R"({"a\)");
}

}  // namespace
}  // namespace bb
