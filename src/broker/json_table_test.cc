#include "broker/json_table.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

namespace bb::broker {
namespace {

Result<amqp::FieldTable> table_from(std::string_view text) {
  return table_from_json(boost::json::parse(text).as_object());
}

TEST(JsonTable, ThereAndBackIsTheSame) {
  const std::string text =
      R"({"a":1,"b":"text","c":[true,null,{"d":1.5E0}],"e":{"f":[]},"g":-9223372036854775808})";
  const auto table = table_from(text);
  ASSERT_TRUE(table);
  EXPECT_EQ(boost::json::parse(text), to_json(*table));
}

TEST(JsonTable, HoldsWhatAmqpCanSay) {
  const std::string longest(255, 'n');
  EXPECT_TRUE(table_from("{\"" + longest + "\": 1}"));
  for (const std::string& text :
       {"{\"" + longest + "n\": 1}", "{\"a\": [{\"" + longest + "n\": 1}]}"}) {
    const auto table = table_from(text);
    ASSERT_FALSE(table);
    EXPECT_EQ(table.error().code, ErrorCode::kPreconditionFailed);
  }
  std::string many = "{\"list\": [0";
  for (int i = 0; i < 65'536; ++i) many += ",1";
  EXPECT_FALSE(table_from(many + "]}"));
}

}  // namespace
}  // namespace bb::broker
