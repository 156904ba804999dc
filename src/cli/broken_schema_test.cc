#include "cli/broken_schema.h"

#include <gtest/gtest.h>

namespace bb::cli {
namespace {

TEST(BrokenSchema, IsToldByItsFileAndThatItIsTheSchema) {
  const Error told =
      blame_schema({ErrorCode::kInvalidSchema, "a/b.json: b.json:1:9: one\ntwo"}, "a.b");
  EXPECT_EQ(told.code, ErrorCode::kInvalidSchema);
  EXPECT_EQ(told.message, "a/b.json: the schema of 'a.b' is broken:\nb.json:1:9: one\ntwo");
  EXPECT_EQ(blame_schema({ErrorCode::kInvalidSchema, "one\ntwo: three"}, "a.b").message,
            "the schema of 'a.b' is broken: one\ntwo: three");
}

TEST(BrokenSchema, IsNotToBlameForOtherErrors) {
  const Error error{ErrorCode::kNoSchema, "a: b"};
  EXPECT_EQ(blame_schema(error, "a.b"), error);
}

}  // namespace
}  // namespace bb::cli
