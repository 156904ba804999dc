#include "schema/format_pointer.h"

#include <gtest/gtest.h>

#include "schema/format_cases.h"

namespace bb::schema {
namespace {

TEST(JsonPointerFormat, HasASlashBeforeEachTokenAndEscapedTildes) {
  // The examples of RFC 6901 §5 among them.
  expect_matches(Format::kJsonPointer,
                 {"", "/", "/foo", "/foo/0", "//", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j",
                  "/k\"l", "/ ", "/m~0n", "/~0~1", "/#", "/grüße/\n", "/\0"sv});
  expect_no_match(Format::kJsonPointer,
                  {"a", "a/b", "#", "#/a", "~", "~0", "/~", "/a~", "/~2", "/~~0", "/~0~", " /a"});
}

TEST(RelativeJsonPointerFormat, IsANumberAndAHashOrAPointer) {
  expect_matches(Format::kRelativeJsonPointer,
                 {"0", "1", "120", "0#", "10#", "0/", "2/a/~0", "0//", "0-1", "1+10/a", "0-1#"});
  expect_no_match(Format::kRelativeJsonPointer,
                  {"",    "#",    "/a",  "-1", "+1/a", "01",     "00#",  "0##", "0#/a", "0a",
                   "1.5", "0/~2", "0/~", "0-", "0+a",  "0+01/a", "0+-1", "٠/a", "1\n",  " 1"});
}

}  // namespace
}  // namespace bb::schema
