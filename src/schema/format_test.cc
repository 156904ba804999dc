#include "schema/format.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "schema/allocation_count.h"
#include "schema/format_cases.h"

namespace bb::schema {
namespace {

std::vector<Format> all_formats() {
  std::vector<Format> formats;
  for (int i = 1; i <= static_cast<int>(Format::kRegex); ++i) {
    formats.push_back(static_cast<Format>(i));
  }
  return formats;
}

TEST(Format, HasANameThatIsReadBack) {
  std::set<std::string_view> names;
  for (const Format format : all_formats()) {
    EXPECT_EQ(format_from_name(format_name(format)), format);
    names.insert(format_name(format));
  }
  EXPECT_EQ(names.size(), 19U);
  EXPECT_EQ(format_from_name("relative-json-pointer"), Format::kRelativeJsonPointer);
}

TEST(Format, AnUnknownNameAssertsNothing) {
  for (const std::string_view name : {"", "Date-Time", "date_time", "color", "uuid "}) {
    EXPECT_EQ(format_from_name(name), Format::kNone) << name;
  }
  EXPECT_TRUE(matches_format(Format::kNone, ""));
  EXPECT_TRUE(matches_format(Format::kNone, "\xFF"));
  EXPECT_EQ(format_name(Format::kNone), "");
  EXPECT_EQ(format_hint(Format::kNone), "");
}

// The examples of "such as A or B, with ...".
std::vector<std::string> examples_of(std::string_view hint) {
  const std::string_view before = " such as ";
  std::vector<std::string> examples;
  const std::size_t at = hint.find(before);
  if (at == std::string_view::npos) return examples;
  std::string_view rest = hint.substr(at + before.size());
  rest = rest.substr(0, rest.find(", "));
  for (std::size_t next; (next = rest.find(" or ")) != std::string_view::npos;) {
    examples.emplace_back(rest.substr(0, next));
    rest.remove_prefix(next + 4);
  }
  examples.emplace_back(rest);
  return examples;
}

TEST(Format, HasAHintWithExamplesThatMatch) {
  for (const Format format : all_formats()) {
    const auto examples = examples_of(format_hint(format));
    EXPECT_FALSE(examples.empty()) << format_name(format);
    for (const std::string& example : examples) {
      EXPECT_TRUE(matches_format(format, example)) << format_name(format) << ": " << example;
    }
  }
}

TEST(Format, NoCheckFailsOnAnyByte) {
  for (const Format format : all_formats()) {
    for (int first = 0; first < 256; ++first) {
      for (const std::string_view rest : {""sv, "a"sv, "\x80"sv, "\0"sv, "%"sv, "{"sv}) {
        const std::string text = static_cast<char>(first) + std::string(rest);
        matches_format(format, text);
        matches_format(format, "a@" + text);
        matches_format(format, "http://" + text);
      }
    }
  }
}

TEST(RegexFormat, IsAnEcmaRegularExpression) {
  expect_matches(Format::kRegex, {"", "^[a-z]+$", "(?<year>\\d{4})", "a|b", "[^]"});
  expect_no_match(Format::kRegex, {"(", ")", "[a", "a**", "a{2,1}"});
}

TEST(Format, TheChecksOnThePathOfEveryEventAllocateNothing) {
  const std::pair<Format, std::string_view> cases[] = {
      {Format::kDateTime, "2026-01-27T10:00:00.123456Z"},
      {Format::kDate, "2026-01-27"},
      {Format::kTime, "10:00:00+02:00"},
      {Format::kDuration, "P1Y2M3DT4H5M6S"},
      {Format::kUuid, "92ac3d31-3cbb-5518-9cc9-eaa1d1198639"},
      {Format::kEmail, "\"somebody whose name is long\"@a-host-with-a-name.example.com"},
      {Format::kHostname, "a-host-with-a-name.which-is-long.example.com"},
      {Format::kIpv4, "192.168.100.200"},
      {Format::kIpv6, "2001:db8:1111:2222:3333:4444:192.168.100.200"},
      {Format::kUri, "https://somebody@example.com:8080/a/path/of/some/length?and=query#and-more"},
      {Format::kUriReference, "../a/path/of/some/length/%20/without/a/scheme?and=query"},
      {Format::kIri, "https://example.com/ein/weg/von/einiger/größe?und=frage#und-mehr"},
      {Format::kIriReference, "../ein/weg/von/einiger/größe?und=frage#und-mehr"},
      {Format::kUriTemplate, "https://example.com/dictionary/{term:1}/{term}{?some,more*}"},
      {Format::kJsonPointer, "/properties/a~1name/items/0/of/some/length"},
      {Format::kRelativeJsonPointer, "1/properties/a~1name/items/0/of/some/length"},
  };
  for (const auto& [format, text] : cases) {
    bool valid = false;
    EXPECT_EQ(allocations_of([&] { valid = matches_format(format, text); }), 0U) << text;
    EXPECT_TRUE(valid) << text;
    const std::string wrong = std::string(text) + "\x7f";
    EXPECT_EQ(allocations_of([&] { valid = matches_format(format, wrong); }), 0U) << wrong;
    EXPECT_EQ(valid, format == Format::kJsonPointer || format == Format::kRelativeJsonPointer)
        << wrong;
  }
}

}  // namespace
}  // namespace bb::schema
