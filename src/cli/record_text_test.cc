#include "cli/record_text.h"

#include <gmock/gmock.h>

#include "cli/json_value.h"

namespace bb::cli {
namespace {

boost::json::value parsed(std::string_view text) {
  return parse_json_value(text).value();
}

TEST(RecordText, OneRecordIsALineForEachMember) {
  const auto record = parsed(
      R"({"arguments":{"x-max-length":5},"empty":"","none":null,"list":[1,"b"],"name":"orders",
          "members":[{"a":1},{"a":2}],"messages_details":{"rate":1.5},"garbage_collection":{"x":1},
          "channel_details":{"name":"one"}})");
  EXPECT_EQ(render_record(record.as_object(), OutputFormat::kText),
            "name:                   orders\n"
            "arguments.x-max-length: 5\n"
            "list:                   1, b\n"
            "members:                2, which -o json has\n"
            "channel_details.name:   one\n");
}

TEST(RecordText, NothingDrivesTheTerminal) {
  const auto record = parsed(R"({"a\u001b[2J":"b\u007f\u202e\n"})");
  EXPECT_EQ(render_record(record.as_object(), OutputFormat::kText),
            "a\\u001b[2J: b\\u007f\\u202e\\n\n");
}

TEST(RecordText, JsonHoldsAll) {
  const auto record = parsed(R"({"name":"a","rates":{"rate":0.0},"none":null})");
  EXPECT_EQ(render_record(record.as_object(), OutputFormat::kNdjson),
            "{\"name\":\"a\",\"rates\":{\"rate\":0.0},\"none\":null}\n");
  EXPECT_EQ(parsed(render_record(record.as_object(), OutputFormat::kJson)), record);
}

TEST(RecordText, ManyRecords) {
  const auto records = parsed(R"([{"a":1},{"a":2}])");
  EXPECT_EQ(render_records(records.as_array(), OutputFormat::kJson),
            "[\n{\"a\":1},\n{\"a\":2}\n]\n");
  EXPECT_EQ(render_records(records.as_array(), OutputFormat::kNdjson), "{\"a\":1}\n{\"a\":2}\n");
  EXPECT_EQ(render_records({}, OutputFormat::kJson), "[]\n");
  EXPECT_EQ(render_records({}, OutputFormat::kNdjson), "");
}

}  // namespace
}  // namespace bb::cli
