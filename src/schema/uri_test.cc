#include "schema/uri.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace bb::schema {
namespace {

using testing::HasSubstr;

struct Resolution {
  std::string_view reference;
  std::string_view target;
};

void expect_resolutions(std::string_view base, const std::vector<Resolution>& cases) {
  for (const auto& [reference, target] : cases) {
    const auto resolved = resolve_uri(base, reference);
    ASSERT_TRUE(resolved) << reference << ": " << resolved.error().message;
    EXPECT_EQ(*resolved, target) << base << " + " << reference;
  }
}

// RFC 3986 §5.4.1
TEST(ResolveUri, TakesTheNormalExamplesOfTheStandard) {
  expect_resolutions("http://a/b/c/d;p?q", {{"g:h", "g:h"},
                                            {"g", "http://a/b/c/g"},
                                            {"./g", "http://a/b/c/g"},
                                            {"g/", "http://a/b/c/g/"},
                                            {"/g", "http://a/g"},
                                            {"//g", "http://g"},
                                            {"?y", "http://a/b/c/d;p?y"},
                                            {"g?y", "http://a/b/c/g?y"},
                                            {"#s", "http://a/b/c/d;p?q#s"},
                                            {"g#s", "http://a/b/c/g#s"},
                                            {"g?y#s", "http://a/b/c/g?y#s"},
                                            {";x", "http://a/b/c/;x"},
                                            {"g;x", "http://a/b/c/g;x"},
                                            {"g;x?y#s", "http://a/b/c/g;x?y#s"},
                                            {"", "http://a/b/c/d;p?q"},
                                            {".", "http://a/b/c/"},
                                            {"./", "http://a/b/c/"},
                                            {"..", "http://a/b/"},
                                            {"../", "http://a/b/"},
                                            {"../g", "http://a/b/g"},
                                            {"../..", "http://a/"},
                                            {"../../", "http://a/"},
                                            {"../../g", "http://a/g"}});
}

// RFC 3986 §5.4.2; the last one as a strict parser has it.
TEST(ResolveUri, TakesTheAbnormalExamplesOfTheStandard) {
  expect_resolutions("http://a/b/c/d;p?q", {{"../../../g", "http://a/g"},
                                            {"../../../../g", "http://a/g"},
                                            {"/./g", "http://a/g"},
                                            {"/../g", "http://a/g"},
                                            {"g.", "http://a/b/c/g."},
                                            {".g", "http://a/b/c/.g"},
                                            {"g..", "http://a/b/c/g.."},
                                            {"..g", "http://a/b/c/..g"},
                                            {"./../g", "http://a/b/g"},
                                            {"./g/.", "http://a/b/c/g/"},
                                            {"g/./h", "http://a/b/c/g/h"},
                                            {"g/../h", "http://a/b/c/h"},
                                            {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
                                            {"g;x=1/../y", "http://a/b/c/y"},
                                            {"g?y/./x", "http://a/b/c/g?y/./x"},
                                            {"g?y/../x", "http://a/b/c/g?y/../x"},
                                            {"g#s/./x", "http://a/b/c/g#s/./x"},
                                            {"g#s/../x", "http://a/b/c/g#s/../x"},
                                            {"http:g", "http:g"}});
}

TEST(ResolveUri, DropsTheFragmentOfTheBase) {
  expect_resolutions("http://a/b?q#old", {{"", "http://a/b?q"},
                                          {"#new", "http://a/b?q#new"},
                                          {"#", "http://a/b?q#"},
                                          {"c", "http://a/c"}});
}

TEST(ResolveUri, MergesWithABaseThatHasNoPath) {
  expect_resolutions("http://a",
                     {{"b", "http://a/b"}, {"../b", "http://a/b"}, {"?q", "http://a?q"}});
}

TEST(ResolveUri, TakesBasesThatAreNotHierarchical) {
  expect_resolutions("urn:uuid:9d2c8b1e-26a5-4a7a-8b0e-4ab4ef2b6a4d",
                     {{"#/$defs/a", "urn:uuid:9d2c8b1e-26a5-4a7a-8b0e-4ab4ef2b6a4d#/$defs/a"},
                      {"", "urn:uuid:9d2c8b1e-26a5-4a7a-8b0e-4ab4ef2b6a4d"},
                      {"urn:x:y", "urn:x:y"},
                      {"http://a/b", "http://a/b"}});
  expect_resolutions("urn:example:a?+r?=q", {{"#f", "urn:example:a?+r?=q#f"}});
  expect_resolutions("tag:example.com,2026:a/b",
                     {{"c", "tag:example.com,2026:a/c"}, {"#c", "tag:example.com,2026:a/b#c"}});
  expect_resolutions(
      "file:///schemas/agent/a.json",
      {{"b.json", "file:///schemas/agent/b.json"},
       {"../_common/base.json#/$defs/id", "file:///schemas/_common/base.json#/$defs/id"},
       {"/x", "file:///x"}});
}

TEST(ResolveUri, KeepsRelativeWhatHasARelativeBase) {
  expect_resolutions("", {{"", ""},
                          {"#a", "#a"},
                          {"a.json", "a.json"},
                          {"./a.json", "a.json"},
                          {"../a.json", "../a.json"},
                          {"a/../b", "b"},
                          {"/a", "/a"},
                          {"?q", "?q"},
                          {"http://a/b", "http://a/b"}});
  expect_resolutions("agent/thread/prompt.json", {{"#a", "agent/thread/prompt.json#a"},
                                                  {"reply.json", "agent/thread/reply.json"},
                                                  {"../../_common/base.json", "_common/base.json"},
                                                  {"../../../x.json", "../x.json"},
                                                  {"..", "agent/"},
                                                  {"../..", "./"},
                                                  {"../../..", "../"},
                                                  {"/x", "/x"}});
  expect_resolutions("../a/b", {{"../../c", "../../c"}, {"../c", "../c"}});
  expect_resolutions("/a/b", {{"../../../c", "/c"}});
}

// A result that began with such a path would be read as another kind of reference.
TEST(ResolveUri, NeverMakesASchemeOrAnAuthorityOfAPath) {
  expect_resolutions("a", {{"./b:c", "./b:c"}, {"x/../b:c", "./b:c"}, {"x/..//b", ".//b"}});
  expect_resolutions("file:/a", {{"..//b", "file:/.//b"}});
  expect_resolutions("/a", {{"/.//b", "/.//b"}});
}

TEST(ResolveUri, LetsCharactersBeyondAsciiBe) {
  expect_resolutions("http://a/größe",
                     {{"#/$defs/ü", "http://a/größe#/$defs/ü"}, {"ä", "http://a/ä"}});
}

TEST(ResolveUri, RefusesWhatIsNotAReference) {
  for (const std::string_view wrong : {"a b", "%zz", ":a", "http://[::1", "#a#b", "\xFF", "a\nb"}) {
    const auto as_reference = resolve_uri("http://a/", wrong);
    ASSERT_FALSE(as_reference) << wrong;
    EXPECT_EQ(as_reference.error().code, ErrorCode::kInvalidSchema);
    EXPECT_THAT(as_reference.error().message, HasSubstr("is not a URI reference"));
    EXPECT_FALSE(resolve_uri(wrong, "a")) << wrong;
  }
}

TEST(SplitFragment, SplitsAtTheFirstHash) {
  const SplitUri none = split_fragment("http://a/b?c");
  EXPECT_EQ(none.absolute, "http://a/b?c");
  EXPECT_EQ(none.fragment, "");
  EXPECT_FALSE(none.has_fragment);
  const SplitUri empty = split_fragment("a#");
  EXPECT_EQ(empty.absolute, "a");
  EXPECT_EQ(empty.fragment, "");
  EXPECT_TRUE(empty.has_fragment);
  const SplitUri alone = split_fragment("#/$defs/a%20b");
  EXPECT_EQ(alone.absolute, "");
  EXPECT_EQ(alone.fragment, "/$defs/a%20b");
  EXPECT_EQ(split_fragment("a#b#c").fragment, "b#c");
}

TEST(NormalizeUri, MakesEquivalentUrisTheSameText) {
  const Resolution cases[] = {
      {"HTTP://Example.COM/A", "http://example.com/A"},
      {"http://User@Example.COM", "http://User@example.com"},
      {"http://a/b/./c/../d", "http://a/b/d"},
      {"http://a/%7euser/%2a%c3%bc", "http://a/~user/%2A%C3%BC"},
      {"http://a%2Db.c%aF/", "http://a-b.c%AF/"},
      {"http://a/%2e%2e/b", "http://a/b"},
      {"http://a/b?%41%2f#%42", "http://a/b?A%2F#B"},
      {"http://a/b#", "http://a/b"},
      {"http://a/b?", "http://a/b?"},
      {"http://a:80/", "http://a:80/"},
      {"http://a", "http://a"},
      {"http://[2001:DB8::A]/", "http://[2001:db8::a]/"},
      {"URN:example:A", "urn:example:A"},
      {"file:///a/../b", "file:///b"},
      {"file:/a/..//b", "file:/.//b"},
      {"./a/../b.json", "b.json"},
      {"../a", "../a"},
      {"./b:c", "./b:c"},
      {"", ""},
      {"#", ""},
      {"#/$defs/%61", "#/$defs/a"},
      {"http://a/größe", "http://a/größe"},
      {"http://a/%25%34%31", "http://a/%2541"},
      {"not a URI/../%41", "not a URI/../%41"},
  };
  for (const auto& [uri, normal] : cases) {
    EXPECT_EQ(normalize_uri(uri), normal) << uri;
    EXPECT_EQ(normalize_uri(normal), normal) << "once more: " << uri;
  }
}

TEST(DecodePercent, DecodesToUtf8) {
  EXPECT_EQ(decode_percent("").value(), "");
  EXPECT_EQ(decode_percent("/a%20b/%7E0%25/+").value(), "/a b/~0%/+");
  EXPECT_EQ(decode_percent("%C3%bc-ü").value(), "ü-ü");
  EXPECT_EQ(decode_percent("%2541").value(), "%41");
  EXPECT_EQ(decode_percent("%00").value(), std::string(1, '\0'));
}

TEST(DecodePercent, RefusesWhatIsCutOffOrNotUtf8) {
  for (const std::string_view wrong :
       {"%", "a%4", "%g0", "%0g", "%%41", "%FF", "%C3", "%C3a", "\xFF"}) {
    const auto decoded = decode_percent(wrong);
    ASSERT_FALSE(decoded) << wrong;
    EXPECT_EQ(decoded.error().code, ErrorCode::kInvalidSchema);
  }
}

TEST(EncodeFragment, KeepsWhatMayBeInOne) {
  for (const std::string_view kept : {"", "/$defs/a~1b~0c", "-._~!$&'()*+,;=:@/?azAZ09"}) {
    EXPECT_EQ(encode_fragment(kept), kept);
  }
  EXPECT_EQ(encode_fragment("/a b/100%/^[x]\"#\n"), "/a%20b/100%25/%5E%5Bx%5D%22%23%0A");
  EXPECT_EQ(encode_fragment("/größe"), "/gr%C3%B6%C3%9Fe");
}

}  // namespace
}  // namespace bb::schema
