#include "bloodbank/uuid.h"

#include <gmock/gmock.h>

#include <set>
#include <vector>

namespace bb {
namespace {

using std::chrono::milliseconds;
using std::chrono::sys_time;
using testing::HasSubstr;

constexpr std::string_view kText = "92ac3d31-3cbb-5518-9cc9-eaa1d1198639";

std::chrono::system_clock::time_point at_ms(std::int64_t since_epoch) {
  return sys_time<milliseconds>(milliseconds(since_epoch));
}

int variant(const Uuid& id) {
  return id.bytes()[8] >> 6;
}

TEST(Uuid, ReadsEitherCaseAndPrintsLowerCase) {
  const auto id = Uuid::parse("92AC3D31-3cbb-5518-9CC9-eaa1d1198639");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->to_string(), kText);
  EXPECT_EQ(id->bytes()[0], 0x92);
  EXPECT_EQ(id->bytes()[15], 0x39);
  EXPECT_EQ(id->version(), 5);
  EXPECT_EQ(Uuid::parse(kText), *id);
}

TEST(Uuid, DefaultIsNil) {
  EXPECT_EQ(Uuid().to_string(), "00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(Uuid::parse("00000000-0000-0000-0000-000000000000"), Uuid());
}

TEST(Uuid, RefusesEverythingElse) {
  for (const std::string_view text : {
           "", "92ac3d31",
           "92ac3d313cbb55189cc9eaa1d1198639",        // no dashes
           "{92ac3d31-3cbb-5518-9cc9-eaa1d1198639}",  // braces
           "urn:uuid:92ac3d31-3cbb-5518-9cc9-eaa1d1198639",
           "92ac3d31-3cbb-5518-9cc9-eaa1d119863",    // a digit short
           "92ac3d31-3cbb-5518-9cc9-eaa1d11986390",  // one too many
           "92ac3d31-3cbb-5518-9cc9-eaa1d119863g",   // not a digit, last
           "g2ac3d31-3cbb-5518-9cc9-eaa1d1198639",   // not a digit, first
           "92ac3d31-3cbb-5518-9cc9+eaa1d1198639",   // not a dash
           "92ac3d3-13cbb-5518-9cc9-eaa1d1198639",   // a dash out of place
           " 92ac3d31-3cbb-5518-9cc9-eaa1d119863",   // white space
       }) {
    const auto id = Uuid::parse(text);
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(id.error().code, ErrorCode::kUsage);
    EXPECT_THAT(id.error().message, HasSubstr("is not a UUID"));
  }
}

TEST(Uuid, AMessageShortensALongText) {
  const auto id = Uuid::parse(std::string(39, 'x') + "é" + std::string(5000, 'x'));
  ASSERT_FALSE(id);
  EXPECT_LT(id.error().message.size(), 200U);
  // Cut before the character that does not fit, not in the middle of it.
  EXPECT_THAT(id.error().message, HasSubstr(std::string(39, 'x') + "…'"));
}

TEST(Uuid, OrdersByBytes) {
  const auto low = Uuid::parse("00000000-0000-0000-0000-0000000000ff");
  const auto high = Uuid::parse("01000000-0000-0000-0000-000000000000");
  EXPECT_LT(*low, *high);
}

TEST(UuidV4, HasItsVersionAndVariantAndNeverRepeats) {
  std::set<Uuid> seen;
  for (int i = 0; i < 10'000; ++i) {
    const Uuid id = Uuid::v4();
    EXPECT_EQ(id.version(), 4);
    EXPECT_EQ(variant(id), 2);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

// Made with Python's uuid.uuid5 and RFC 9562 appendix A.4.
TEST(UuidV5, GivesTheKnownIds) {
  const auto dns = Uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  ASSERT_TRUE(dns);
  EXPECT_EQ(Uuid::v5(*dns, "www.example.com").to_string(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  EXPECT_EQ(Uuid::v5(kNamespaceOid, "bloodbank:fireflies.transcript.upload:meeting_abc123"),
            *Uuid::parse(kText));
}

TEST(UuidV5, AcceptsAnEmptyNameAndEveryByte) {
  const Uuid empty = Uuid::v5(kNamespaceOid, "");
  EXPECT_EQ(empty.version(), 5);
  EXPECT_EQ(variant(empty), 2);
  EXPECT_NE(empty, Uuid::v5(kNamespaceOid, std::string_view("\0", 1)));
}

TEST(UuidV7, BeginsWithTheMilliseconds) {
  // The example of RFC 9562 appendix A.6: 2022-02-22T19:22:22Z.
  const Uuid id = Uuid::v7(at_ms(0x017F22E279B0));
  EXPECT_EQ(id.to_string().substr(0, 15), "017f22e2-79b0-7");
  EXPECT_EQ(variant(id), 2);
}

TEST(UuidV7, IsOrderedWithinAMillisecond) {
  std::vector<Uuid> ids(20'000);
  for (Uuid& id : ids) id = Uuid::v7(at_ms(1'700'000'000'000));
  for (std::size_t i = 1; i < ids.size(); ++i) ASSERT_LT(ids[i - 1], ids[i]);
  EXPECT_EQ(ids.back().to_string().substr(0, 15), ids.front().to_string().substr(0, 15));
}

TEST(UuidV7, IsOrderedOverTime) {
  Uuid last;
  for (std::int64_t ms = 1; ms < 100'000; ms += 7) {
    const Uuid id = Uuid::v7(at_ms(ms));
    ASSERT_LT(last, id);
    last = id;
  }
}

TEST(UuidV7, NeighboursDoNotTellEachOther) {
  // Steps within a millisecond are random: a counter that went up by one would
  // make the second id of any stream guessable from the first.
  std::set<int> last_bytes;
  for (int i = 0; i < 64; ++i) last_bytes.insert(Uuid::v7(at_ms(5)).bytes()[13]);
  EXPECT_GT(last_bytes.size(), 16U);
}

TEST(UuidV7, CountsTimesBefore1970AsItsStart) {
  EXPECT_EQ(Uuid::v7(at_ms(-5)).to_string().substr(0, 15), "00000000-0000-7");
}

}  // namespace
}  // namespace bb
