// What docs/filter.md shows is what happens.
#include "filter/guide.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bloodbank/envelope.h"
#include "bloodbank/schema.h"
#include "filter/filter_fixture.h"
#include "schema/builtin_catalogue.h"
#include "schema/json_document.h"
#include "schema/json_pointer.h"

namespace bb::filter {
namespace {

using testing::HasSubstr;

// From the line of that text up to the next one that begins with `#`.
std::string_view section(std::string_view heading) {
  const std::string_view text = guide().front().text;
  const std::size_t begin = text.find("\n" + std::string(heading) + "\n");
  if (begin == std::string_view::npos) {
    ADD_FAILURE() << "docs/filter.md has no " << heading;
    return "";
  }
  return text.substr(begin, text.find("\n#", begin + 1) - begin);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// What is between the backticks of a cell, from `at` on, which then is behind it. In a table a '|'
// is written "\|".
std::string take_code(std::string_view line, std::size_t& at) {
  const std::size_t begin = line.find('`', at) + 1;
  at = line.find('`', begin);
  std::string code(line.substr(begin, at - begin));
  ++at;
  for (std::size_t bar = code.find("\\|"); bar != std::string::npos; bar = code.find("\\|")) {
    code.erase(bar, 1);
  }
  return code;
}

// The first example in the schema of an event type, as `bb publish TYPE --mock` sends it.
std::string first_example(const std::string& event_type) {
  for (const EmbeddedFile& file : schema::builtin_catalogue()) {
    if (!file.path.ends_with("/" + event_type + ".v1.schema.json")) continue;
    schema::JsonReader reader;
    if (!reader.read(file.text)) break;
    const auto examples = schema::find_member(reader.view(), 0, "examples");
    if (examples) return std::string(reader.view().source(*examples + 1));
  }
  ADD_FAILURE() << "no example of " << event_type;
  return "{}";
}

std::string envelope_around(std::string payload, std::string event_type) {
  Envelope envelope;
  envelope.event_type = std::move(event_type);
  const auto now = parse_rfc3339("2026-01-27T10:30:15.234Z");
  EXPECT_TRUE(now.has_value());
  envelope.timestamp = now.value_or(Timestamp{});
  envelope.source.host = "desk";
  envelope.payload = std::move(payload);
  return serialize(envelope);
}

TEST(FilterGuide, ExamplesChooseTheMockOfTheirEventType) {
  std::size_t examples = 0;
  for (const std::string_view line : lines_of(section("## Examples"))) {
    if (!line.starts_with("| `")) continue;
    SCOPED_TRACE(line);
    std::size_t at = 0;
    const std::string event_type = take_code(line, at);
    const std::string filter = take_code(line, at);
    ++examples;
    EXPECT_TRUE(chooses(filter, envelope_around(first_example(event_type), event_type)));
    // And not just anything.
    EXPECT_FALSE(chooses(filter, envelope_around("{}", event_type)));
  }
  EXPECT_GE(examples, 10U);
}

TEST(FilterGuide, ShowsTheMessagesThatThereAre) {
  const std::string_view grammar = section("## Grammar");
  for (const char* const filter :
       {"payload.confidence = 0.8", "payload.speaker == jana", "payload.speaker contians 'a'"}) {
    EXPECT_THAT(std::string(grammar), HasSubstr(fault_of(filter)));
  }
}

TEST(FilterGuide, NamesEveryLimit) {
  const std::string limits(section("## Limits"));
  EXPECT_THAT(limits, HasSubstr(std::to_string(kFilterBytesMax / 1024) + " KiB"));
  EXPECT_THAT(limits, HasSubstr(std::to_string(kFilterDepthMax) + " parentheses"));
  EXPECT_THAT(limits, HasSubstr(std::to_string(kFilterListElementsMax) + " elements"));
  EXPECT_THAT(limits, HasSubstr(std::to_string(kFilterPatternsMax) + " regular expressions"));
}

}  // namespace
}  // namespace bb::filter
