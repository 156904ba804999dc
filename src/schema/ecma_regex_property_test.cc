#include "schema/ecma_regex_property.h"

#include <gmock/gmock.h>

#include "schema/pattern.h"

namespace bb::schema {
namespace {

using testing::Eq;
using testing::Optional;

bool matches(const std::string& pattern, std::string_view text) {
  const auto compiled = Pattern::compile(pattern);
  if (!compiled) {
    ADD_FAILURE() << compiled.error().message;
    return false;
  }
  PatternScratch scratch;
  return compiled->search(text, scratch) == Pattern::Outcome::kMatch;
}

TEST(EcmaRegexProperty, CategoriesHaveLongAndShortNames) {
  EXPECT_THAT(pcre2_property_name("Letter"), Optional(Eq("L")));
  EXPECT_THAT(pcre2_property_name("L"), Optional(Eq("L")));
  EXPECT_THAT(pcre2_property_name("gc=Uppercase_Letter"), Optional(Eq("Lu")));
  EXPECT_THAT(pcre2_property_name("General_Category=digit"), Optional(Eq("Nd")));
}

TEST(EcmaRegexProperty, NamesAreSpelledExactly) {
  for (const std::string_view name :
       {"letter", "LU", "Greek", "sc=greek", "sc=GREEK", "sc=", "sc=Greek_", "sc=Nonsense", "=L",
        "Script=L", "gc=Alphabetic", "alphabetic", "", "^L", "L&"}) {
    EXPECT_EQ(pcre2_property_name(name), std::nullopt) << name;
  }
}

TEST(EcmaRegexProperty, EachKindMatches) {
  EXPECT_TRUE(matches("^\\p{digit}+$", "4\u09EA"));
  EXPECT_FALSE(matches("^\\p{digit}+$", "4x"));
  EXPECT_TRUE(matches("^\\p{Script=Greek}$", "\u03B1"));
  EXPECT_TRUE(matches("^\\p{sc=Grek}$", "\u03B1"));
  EXPECT_FALSE(matches("^\\p{Script=Greek}$", "a"));
  EXPECT_TRUE(matches("^\\p{scx=Deva}$", "\u0964"));  // shared by many scripts
  EXPECT_FALSE(matches("^\\p{sc=Deva}$", "\u0964"));
  EXPECT_TRUE(matches("^\\p{Cased_Letter}$", "a"));
  EXPECT_FALSE(matches("^\\p{LC}$", "\u05D0"));
  EXPECT_TRUE(matches("^\\p{Emoji_Presentation}$", "\U0001F432"));
  EXPECT_TRUE(matches("^\\P{Alphabetic}$", "1"));
  EXPECT_TRUE(matches("^\\p{Assigned}$", "a"));
  EXPECT_FALSE(matches("^\\p{Assigned}$", "\u0378"));
  EXPECT_TRUE(matches("^[^\\p{Lu}x]$", "a"));
  EXPECT_FALSE(matches("^[^\\p{Lu}x]$", "A"));
  EXPECT_FALSE(matches("^[^\\p{Lu}x]$", "x"));
  EXPECT_TRUE(matches("^[\\P{Lu}A]$", "A"));
}

// Every name in the tables is one that PCRE2 takes.
TEST(EcmaRegexProperty, EveryAliasCompiles) {
  for (const char* const name :
       {"ASCII", "AHex",  "Alpha",   "Any",    "Assigned", "Bidi_C",  "Bidi_M", "CI",      "Cased",
        "CWCF",  "CWCM",  "CWL",     "CWT",    "CWU",      "Dash",    "DI",     "Dep",     "Dia",
        "Emoji", "EComp", "EMod",    "EBase",  "EPres",    "ExtPict", "Ext",    "Gr_Base", "Gr_Ext",
        "Hex",   "IDSB",  "IDST",    "IDC",    "IDS",      "Ideo",    "Join_C", "LOE",     "Lower",
        "Math",  "NChar", "Pat_Syn", "Pat_WS", "QMark",    "Radical", "RI",     "STerm",   "SD",
        "Term",  "UIdeo", "Upper",   "VS",     "space",    "XIDC",    "XIDS",   "LC",      "Pe",
        "Pc",    "Cc",    "Sc",      "Pd",     "Nd",       "Me",      "Pf",     "Cf",      "Pi",
        "L",     "Nl",    "Zl",      "Ll",     "M",        "Sm",      "Lm",     "Sk",      "Mn",
        "N",     "Ps",    "C",       "Lo",     "No",       "Po",      "So",     "Zp",      "Co",
        "P",     "Z",     "Zs",      "Mc",     "Cs",       "S",       "Lt",     "Cn",      "Lu"}) {
    EXPECT_TRUE(Pattern::compile("\\p{" + std::string(name) + "}")) << name;
  }
}

}  // namespace
}  // namespace bb::schema
