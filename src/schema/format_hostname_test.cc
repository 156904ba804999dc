#include "schema/format_hostname.h"

#include <gtest/gtest.h>

#include <string>

#include "schema/format_cases.h"

namespace bb::schema {
namespace {

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(HostnameFormat, IsLabelsOfLettersDigitsAndInnerHyphens) {
  expect_matches(Format::kHostname, {"a", "a.b", "1", "1a", "www.example.com", "A-B.C", "a--b",
                                     "r3---sn-x.example", "192.0.2.1", "xn.a"});
  expect_no_match(Format::kHostname,
                  {"", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a-.b", "a_b", "a b", "a.b\n",
                   "a\0"sv, "*.a", "a:80", "ü.example", "a。b", "\u212Aelvin.example", "a/b"});
}

TEST(HostnameFormat, IsWithinTheLengthsOfTheStandard) {
  const std::string label(63, 'a');
  EXPECT_TRUE(is_hostname(label));
  EXPECT_FALSE(is_hostname(label + 'a'));
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  EXPECT_EQ(longest.size(), kHostnameBytesMax);
  EXPECT_TRUE(is_hostname(longest));
  EXPECT_FALSE(is_hostname(longest + 'a'));
}

TEST(HostnameFormat, HasALabelsThatDecodeToWhatMayBeRegistered) {
  expect_matches(Format::kHostname, {"xn--mnchen-3ya", "XN--MNCHEN-3YA.example",
                                     "a.xn--9n2bp8q.xn--9t4b11yi5a", "xn--zca29lwxobi7a"});
  expect_no_match(Format::kHostname, {"xn--", "xn--x", "xn--a-", "xn--example-", "xn---9uc",
                                      "xn--99999999", "a.xn--x.b", "xn--hello-zed", "xn--vek",
                                      "xn--7a", "Xn--X", "xn--07jt112bpxg.xn--9t4b11yi5a"});
}

TEST(IdnHostnameFormat, IsAHostnameOrHasULabels) {
  expect_matches(Format::kIdnHostname,
                 {"a", "www.example.com", "r3---sn-x.example", "münchen.example", "실례.테스트",
                  "ßς་〇", "faß.de", "a。ü", "ü．b", "ü｡b", "xn--mnchen-3ya.münchen", "例え.jp"});
  expect_no_match(Format::kIdnHostname,
                  {"",        "。",         ".ü",      "ü.",    "ü。",           "a..ü",
                   "-ü",      "ü-",         "aa--ü",   "Ü",     "mu\u0308nchen", "ü_a",
                   "ü a",     "ü\0"sv,      "xn--x.ü", "a_b.ü", "\u0300a",       "\u0903a",
                   "\u302Eü", "\U0001F600", "ｆoo",    "ü/a",   "\xFC",          "ü.\xFC",
                   "\u0378"});
}

TEST(IdnHostnameFormat, MeasuresALabels) {
  EXPECT_TRUE(is_idn_hostname(repeated("ü", 50)));
  EXPECT_FALSE(is_idn_hostname(repeated("ü", 60)));
  const std::string label = repeated("ü", 50);
  EXPECT_FALSE(is_idn_hostname(repeated(label + ".", 5) + label));
}

// RFC 5892 appendix A
TEST(IdnHostnameFormat, HasContextualCharactersInTheirContexts) {
  expect_matches(Format::kIdnHostname,
                 {"l·l", "α\u0375β", "א\u05F3ב", "א\u05F4ב", "\u30FBぁ", "\u30FBァ", "\u30FB丈",
                  "क\u094D\u200Dष", "क\u094D\u200Cष", "بي\u200Cبي", "ب\u0660ب"});
  expect_no_match(Format::kIdnHostname, {"a·l", "l·a", "·l", "l·", "α\u0375", "α\u0375S", "\u05F3ב",
                                         "a\u05F4ב", "\u30FB", "def\u30FBabc", "क\u200Dष",
                                         "\u200Dष", "क\u094D\u200Cषx\u200Cy", "ب\u0660\u06F0"});
}

// RFC 5893 §2
TEST(IdnHostnameFormat, DoesNotMixDirections) {
  expect_matches(Format::kIdnHostname, {"אב", "א1", "אב.גד", "a.אב", "a1.אב", "xn--4db.אב"});
  expect_no_match(Format::kIdnHostname, {"aא", "אa", "1א", "0a.א", "א.1", "א1\u0660", "א.a-1.2b"});
  // The same rule where all labels are ASCII: xn--4db is א.
  expect_matches(Format::kHostname, {"a.xn--4db", "0a.b"});
  expect_no_match(Format::kHostname, {"0a.xn--4db", "xn--4db.0"});
}

}  // namespace
}  // namespace bb::schema
