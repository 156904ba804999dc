#include "schema/format_uri.h"

#include <gtest/gtest.h>

#include "schema/format_cases.h"

namespace bb::schema {
namespace {

TEST(UriFormat, TakesTheExamplesOfTheStandard) {
  // RFC 3986 §1.1.2
  expect_matches(
      Format::kUri,
      {"ftp://ftp.is.co.za/rfc/rfc1808.txt", "http://www.ietf.org/rfc/rfc2396.txt",
       "ldap://[2001:db8::7]/c=GB?objectClass?one", "mailto:John.Doe@example.com",
       "news:comp.infosystems.www.servers.unix", "tel:+1-816-555-1212", "telnet://192.0.2.16:80/",
       "urn:oasis:names:specification:docbook:dtd:xml:4.1.2"});
}

TEST(UriFormat, HasAScheme) {
  expect_matches(Format::kUri, {"a:", "a+b-c.1:x", "http:", "http:a", "http:/a", "A:b#c"});
  expect_no_match(Format::kUri, {"", "a", "/a", "//a/b", "?a", "#a", ":a", "://a", "1a:b", "a_b:c",
                                 "a b:c", "-a:b", "é:a", "%41:b"});
}

TEST(UriFormat, HasAWellFormedAuthority) {
  expect_matches(Format::kUri,
                 {"http://", "http://:80", "http://a:", "http://a:99999", "http://u:p@a",
                  "http://u:p:q@a:1", "http://@a", "http://a%20b", "http://-._~!$&'()*+,;=@a",
                  "http://[::1]", "http://[::1]:80/a", "http://u@[::1]:", "http://[v1.a:b]",
                  "http://[VF.x]", "http://999.999.999.999", "http://[::1.2.3.4]", "file:///a"});
  expect_no_match(Format::kUri,
                  {"http://a:b",          "http://a:1:2",  "http://::1",      "http://a@b@c",
                   "http://[::1",         "http://::1]",   "http://[::1]a",   "http://[::1]:a",
                   "http://[1.2.3.4]",    "http://[]",     "http://[v.a]",    "http://[v1.]",
                   "http://[v1]",         "http://[vg.a]", "http://[v1.a/b]", "http://[::1%25lo]",
                   "http://[::01.2.3.4]", "http://a[::1]", "http://a b",      "http://a|b",
                   "http://a%2",          "http://a%gg",   "http://[@a"});
}

TEST(UriFormat, HasOnlyItsCharactersAndWellFormedPercentEncoding) {
  expect_matches(Format::kUri, {"a:b/c;d=1,2:@!$&'()*+", "a:?/?:@", "a:#/?:@", "a:%00%fF", "a:?#",
                                "a:/b//c", "a:?%41#%41"});
  expect_no_match(Format::kUri, {"a:b c",  "a:\"",   "a:<",    "a:>",   "a:\\",  "a:^",  "a:`",
                                 "a:{",    "a:}",    "a:|",    "a:[",   "a:]",   "a:?[", "a:#[",
                                 "a:#b#c", "a:%",    "a:%4",   "a:%4g", "a:%g4", "a:?%", "a:#%",
                                 "a:b\n",  "a:\0"sv, "a:\x7f", "a:é",   "a:?é",  "a:#é", "a:\x80"});
}

TEST(UriReferenceFormat, MayBeRelative) {
  expect_matches(Format::kUriReference,
                 {"", "a", "a/b:c", "./a:b", "/a", "/a:b", "//a/b", "//", "?", "?a:b", "#",
                  "#/$defs/a", "..", "../a?b#c", "a:b", "%41", "urn:x:y", "a;b"});
  expect_no_match(Format::kUriReference, {":", ":a", "1:a", "a_b:c", "%41:b", "\\a", "a b", "#a b",
                                          "#a\\b", "//a:b/c", "/%", "/[::1]", "é", " a", "a "});
}

TEST(IriFormat, HasCharactersBeyondAscii) {
  expect_matches(Format::kIri, {"http://müller.example/größe?ä=ö#ü", "http://ü:ß@a", "a:\u00A0",
                                "a:\U00010000", "a:\U000E1000", "a:?\uE000", "a:?\U000F0000",
                                "http://example.com/a", "a:\uFDCF\uFDF0\uFFEF\uD7FF"});
  expect_no_match(
      Format::kIri,
      {"größe",         "ü:a",      "a:\u0080",       "a:\u009F",   "a:\uE000",    "a:#\uE000",
       "a:\U000F0000",  "a:\uFDD0", "a:\uFDEF",       "a:\uFFF0",   "a:\uFFFE",    "a:\U0001FFFE",
       "a:\U000E0001",  "a:\u200E", "a:\u202E",       "a:ü ü",      "http://ü:ü/", "http://[ü]",
       "http://[v1.ü]", "a:\xC3",   "a:\xED\xA0\x80", "a:\xC0\xAF", "a:\xFF",      "a:ü\n"});
}

TEST(IriReferenceFormat, MayBeRelative) {
  expect_matches(Format::kIriReference,
                 {"", "größe", "//ü/ü", "?ü", "#ü", "../ü", "./ü:ü", "a:ü", "ü/a:b"});
  expect_no_match(Format::kIriReference, {"ü:a", "#ü\\", "ü|", "\xFC", ":ü"});
}

TEST(UriTemplateFormat, HasLiteralsAndExpressions) {
  expect_matches(Format::kUriTemplate,
                 {"",         "a",        "/a?b#c[d]'", "%41",      "größe", "\uE000", "{a}",
                  "{a}{b}",   "x{a,b}y",  "{+a}",       "{#a}",     "{.a}",  "{/a}",   "{;a}",
                  "{?a,b*}",  "{&a}",     "{a:1}",      "{a:9999}", "{a*}",  "{a.b}",  "{_}",
                  "{%41%42}", "{a1_.b2}", "{=a}",       "{|a}"});
  expect_no_match(
      Format::kUriTemplate,
      {"{",     "}",      "{a",     "a}",     "{}",     "{+}",   "{a}}",  "{{a}}",  "{a,}",
       "{,}",   "{a,,b}", "{.}",    "{a.}",   "{a..b}", "{a:}",  "{a:0}", "{a:01}", "{a:10000}",
       "{a:b}", "{a**}",  "{a*:1}", "{a:1*}", "{a b}",  "{a-b}", "{ä}",   "{a=b}",  "{++a}",
       "{%4}",  "%",      "%4",     "a b",    "\"",     "<",     ">",     "\\",     "^",
       "`",     "|",      "\x7f",   "a\n",    "\xFF"});
}

}  // namespace
}  // namespace bb::schema
