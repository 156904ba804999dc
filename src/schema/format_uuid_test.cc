#include "schema/format_uuid.h"

#include <gtest/gtest.h>

#include <string>

#include "bloodbank/uuid.h"
#include "schema/format_cases.h"

namespace bb::schema {
namespace {

TEST(UuidFormat, IsHexadecimalOfEitherCaseWithFourDashes) {
  expect_matches(Format::kUuid,
                 {"92ac3d31-3cbb-5518-9cc9-eaa1d1198639", "92AC3D31-3CBB-5518-9CC9-EAA1D1198639",
                  "92ac3D31-3cBB-0518-fcc9-eaa1d1198639", "00000000-0000-0000-0000-000000000000",
                  "ffffffff-ffff-ffff-ffff-ffffffffffff"});
  expect_no_match(Format::kUuid,
                  {"", "92ac3d31-3cbb-5518-9cc9-eaa1d119863", "92ac3d313cbb55189cc9eaa1d1198639",
                   "{92ac3d31-3cbb-5518-9cc9-eaa1d1198639}", "92ac3d3-13cbb-5518-9cc9-eaa1d1198639",
                   "urn:uuid:92ac3d31-3cbb-5518-9cc9-eaa1d1198639",
                   "92ac3d31-3cbb-5518-9cc9-eaa1d1198639\n", "92ac3d31-3cbb-5518-9cc9-eaa1d119-639",
                   "92ac3d31-3cbb-5518-9cc9-eaa1d11986é", "92ac3d31_3cbb_5518_9cc9_eaa1d1198639"});
}

// Every byte at every place: the answer is Uuid::parse()'s.
TEST(UuidFormat, AgreesWithTheReaderOfIds) {
  const std::string valid = "92ac3d31-3cbb-5518-9cc9-eaa1d1198639";
  for (std::size_t at = 0; at < valid.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = valid;
      changed[at] = static_cast<char>(c);
      EXPECT_EQ(is_uuid(changed), Uuid::parse(changed).has_value()) << at << ' ' << c;
    }
  }
}

}  // namespace
}  // namespace bb::schema
