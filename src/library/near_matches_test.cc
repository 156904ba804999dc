#include "library/near_matches.h"

#include <gtest/gtest.h>

namespace bb {
namespace {

TEST(ReadBindings, OfWhatTheApiGives) {
  const auto bindings = read_bindings(
      R"([{"source":"","vhost":"/","destination":"q","destination_type":"queue","routing_key":"q"},)"
      R"({"source":"events","vhost":"/","destination":"a\u002eb","destination_type":"queue",)"
      R"("routing_key":"llm.*","arguments":{},"properties_key":"llm.%2A"},)"
      R"(7,{"source":"events","destination":"audit","destination_type":"exchange","routing_key":"#"}])");
  ASSERT_EQ(bindings.size(), 2U);
  EXPECT_EQ(bindings[0].destination, "a.b");
  EXPECT_EQ(bindings[0].key, "llm.*");
  EXPECT_FALSE(bindings[0].to_exchange);
  EXPECT_TRUE(bindings[1].to_exchange);
}

TEST(ReadBindings, OfSomethingElseAreNone) {
  for (const char* const text : {"", "x", "{}", "[1]", "[{}]", R"([{"source":1}])"}) {
    EXPECT_TRUE(read_bindings(text).empty()) << text;
  }
}

}  // namespace
}  // namespace bb
