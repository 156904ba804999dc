#include "cli/broken_schema.h"

#include <gtest/gtest.h>

namespace bb::cli {
namespace {

TEST(BrokenSchema, IsToldByItsFileAndThatItIsTheSchema) {
  const Error told = blame_schema(
      {ErrorCode::kInvalidSchema, "a/b.json:1:9: /a: one\na/b.json:2:1: /b: two"}, "a.b");
  EXPECT_EQ(told.code, ErrorCode::kInvalidSchema);
  EXPECT_EQ(told.message,
            "a/b.json: the schema of 'a.b' is broken:\n"
            "a/b.json:1:9: /a: one\na/b.json:2:1: /b: two");
  EXPECT_EQ(blame_schema({ErrorCode::kInvalidSchema, "a/b.json: one"}, "a.b").message,
            "a/b.json: the schema of 'a.b' is broken:\na/b.json: one");
  EXPECT_EQ(blame_schema({ErrorCode::kInvalidSchema, "one\ntwo: three"}, "a.b").message,
            "the schema of 'a.b' is broken: one\ntwo: three");
}

TEST(BrokenSchema, IsNotToBlameForOtherErrors) {
  const Error error{ErrorCode::kNoSchema, "a: b"};
  EXPECT_EQ(blame_schema(error, "a.b"), error);
}

}  // namespace
}  // namespace bb::cli
