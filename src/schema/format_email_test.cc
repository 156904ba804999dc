#include "schema/format_email.h"

#include <gtest/gtest.h>

#include <string>

#include "schema/format_cases.h"

namespace bb::schema {
namespace {

TEST(EmailFormat, HasALocalPartOfDottedAtoms) {
  expect_matches(Format::kEmail, {"a@b", "ada.lovelace@example.com", "a.b.c@example.com",
                                  "!#$%&'*+-/=?^_`{|}~@example.com", "1@2.3"});
  expect_no_match(Format::kEmail,
                  {"",          "a",     "@",      "@b",    "a@",     ".a@b",    "a.@b",
                   "a..b@c",    "a b@c", "a@b@c",  "a,b@c", "a(x)@b", "a<b>@c",  "<a@b>",
                   "Ada <a@b>", " a@b",  "a\\b@c", "ü@b",   "a@b\n",  "a\0@b"sv, "a@b, c@d"});
}

TEST(EmailFormat, HasAQuotedLocalPart) {
  expect_matches(Format::kEmail, {"\"a b\"@c", "\"a@b\"@c", "\"a..b\"@c", "\"\"@c", "\"\\\"\"@c",
                                  "\"\\\\\"@c", "\"\\a\"@c", "\".\"@c"});
  expect_no_match(Format::kEmail,
                  {"\"@c", "\"a@c", "\"a\"b@c", "a\"b\"@c", "\"a\".b@c", "\"a\\\"@c", "\"a\n\"@c",
                   "\"\\\n\"@c", "\"a\"", "\"ü\"@c", "\"a\"@", "\"\x7f\"@c"});
}

TEST(EmailFormat, HasADomainOrAnAddressLiteral) {
  expect_matches(Format::kEmail, {"a@b-c.d", "a@xn--mnchen-3ya.example", "a@[192.0.2.1]",
                                  "a@[IPv6:::1]", "a@[ipv6:2001:db8::1]", "a@[IPv6:::1.2.3.4]"});
  expect_no_match(Format::kEmail,
                  {"a@-b", "a@b-", "a@b..c", "a@.b", "a@b.", "a@b_c", "a@b c", "a@[]", "a@[",
                   "a@[256.1.1.1]", "a@[::1]", "a@[IPv6:]", "a@[IPv6:1.2.3.4]", "a@[192.0.2.1",
                   "a@192.0.2.1]", "a@[x:y]", "a@[192.0.2.1]x", "a@münchen.example"});
}

TEST(EmailFormat, IsWithinTheLengthsOfTheStandard) {
  const std::string local(64, 'a');
  EXPECT_TRUE(is_email(local + "@b"));
  EXPECT_FALSE(is_email(local + "a@b"));
  EXPECT_TRUE(is_email("a@" + std::string(63, 'b')));
  EXPECT_FALSE(is_email("a@" + std::string(64, 'b')));
}

TEST(IdnEmailFormat, HasCharactersBeyondAsciiOnBothSides) {
  expect_matches(Format::kIdnEmail, {"a@b", "실례@실례.테스트", "grüße@münchen.example",
                                     "\"grüße an\"@b", "\U0001F600@b", "a@mu\u0308nchen.example",
                                     "a@xn--mnchen-3ya.example", "ü.ö@[192.0.2.1]"});
  expect_no_match(Format::kIdnEmail, {"2962", "ü", "@ü", "ü@", "ü..ö@b", "a＠b", "a@ü_b", "a@-ü",
                                      "a@ü-", "a@.ü", "a@ü.", "a@Ü", "a@\u302E", "a@ü。b", "\xFC@b",
                                      "a@\xFC", "\"\xFC\"@b", "ü ö@b", "a@ü\0"sv});
}

}  // namespace
}  // namespace bb::schema
