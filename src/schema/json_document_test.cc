#include "schema/json_document.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "bloodbank/envelope.h"
#include "event/json_scanner.h"

namespace bb::schema {
namespace {

// What the nodes say, written back without white space.
void write(const JsonView& json, std::uint32_t index, std::string& out) {
  const JsonNode& node = json[index];
  if (node.is(JsonType::kString)) {
    out += '"';
    out += json.raw(node);
    out += '"';
  } else if (node.is(JsonType::kArray)) {
    out += '[';
    std::uint32_t count = 0;
    for (std::uint32_t at = index + 1; at < node.next; at = json[at].next) {
      if (count++ > 0) out += ',';
      write(json, at, out);
    }
    EXPECT_EQ(count, node.size);
    out += ']';
  } else if (node.is(JsonType::kObject)) {
    out += '{';
    std::uint32_t count = 0;
    for (std::uint32_t at = index + 1; at < node.next; at = json[at].next) {
      if (count++ > 0) out += ',';
      out += '"';
      out += json.raw(json[at]);
      out += "\":";
      EXPECT_EQ(json[at].next, json[at + 1].next);
      write(json, at + 1, out);
    }
    EXPECT_EQ(count, node.size);
    out += '}';
  } else {
    out += json.raw(node);
  }
}

std::string reprint(std::string_view text) {
  JsonReader reader;
  if (!reader.read(text)) return "not JSON";
  std::string out;
  write(reader.view(), 0, out);
  EXPECT_EQ(reader.view()[0].next, reader.view().node_count);
  return out;
}

TEST(JsonReader, ListsEveryValueInOrder) {
  EXPECT_EQ(
      reprint(
          R"( { "a" : [ 1 , -2.5e3 , "x\n" , [ ] , { } ] , "b" : { "c" : null } , "" : true } )"),
      R"({"a":[1,-2.5e3,"x\n",[],{}],"b":{"c":null},"":true})");
  EXPECT_EQ(reprint("false"), "false");
  EXPECT_EQ(reprint("  7"), "7");
  EXPECT_EQ(reprint("\"\""), "\"\"");
}

TEST(JsonReader, TellsIntegersFromNumbersByValue) {
  const std::vector<std::pair<std::string, JsonType>> cases = {
      {"1", JsonType::kInteger},
      {"-0", JsonType::kInteger},
      {"1.0", JsonType::kInteger},
      {"1e3", JsonType::kInteger},
      {"1.5", JsonType::kNumber},
      {"1.5e1", JsonType::kInteger},
      {"1e-1", JsonType::kNumber},
      {"10e-1", JsonType::kInteger},
      {"0e-5", JsonType::kInteger},
      {"0.0", JsonType::kInteger},
      {"1e400", JsonType::kInteger},
      {"1E-400", JsonType::kNumber},
      {"123456789012345678901234567890", JsonType::kInteger},
  };
  for (const auto& [text, type] : cases) {
    JsonReader reader;
    ASSERT_TRUE(reader.read(text)) << text;
    EXPECT_EQ(reader.view()[0].type, type) << text;
  }
}

TEST(JsonReader, RefusesWhatIsNotJson) {
  for (const std::string_view text : {"",           " ",
                                      "{",          "}",
                                      "[",          "]",
                                      "[1",         "[1,",
                                      "[1,]",       "[,1]",
                                      "{\"a\"}",    "{\"a\":}",
                                      "{\"a\":1,}", "{\"a\":1 \"b\":2}",
                                      "[1 2]",      "01",
                                      "-",          "1.",
                                      ".5",         "1e",
                                      "+1",         "nul",
                                      "truex",      "\"a",
                                      "\"\\x\"",    "\"\\u12g4\"",
                                      "\"\t\"",     "{} {}",
                                      "1 2",        "\xEF\xBB\xBF{}",
                                      "\"\xFF\"",   "{a:1}",
                                      "{1:2}",      "[\"a\":1]",
                                      "{\"a\" 1}",  "[}",
                                      "{]",         "NaN",
                                      "'a'",        "{\"a\":1}]",
                                      "1\"a\"",     "\"a\"1",
                                      "\"\\ud8\""}) {
    JsonReader reader;
    EXPECT_FALSE(reader.read(text)) << text;
  }
}

TEST(JsonReader, DecodesTheCharactersOfAString) {
  JsonReader reader;
  ASSERT_TRUE(reader.read(R"(["plain","tab\t\"\u00e9\ud83d\ude00"])"));
  const JsonView& json = reader.view();
  std::string buffer;
  EXPECT_EQ(json.characters(json[1], buffer), "plain");
  EXPECT_EQ(json.characters(json[2], buffer), "tab\t\"\u00e9\U0001F600");
}

TEST(JsonReader, HashesNamesByTheirCharacters) {
  JsonReader reader;
  ASSERT_TRUE(reader.read(R"({"na\u006de":1,"name":2})"));
  EXPECT_EQ(reader.view()[1].hash, reader.view()[3].hash);
  EXPECT_EQ(reader.view()[1].hash, hash_name("name"));
}

TEST(JsonReader, ShowsTheSourceOfAValue) {
  JsonReader reader;
  const std::string text = R"({"a": [1, {"b": [ ] } ] , "c": "x", "d":{"e":{"f":[[2] ]} }})";
  ASSERT_TRUE(reader.read(text));
  const JsonView& json = reader.view();
  EXPECT_EQ(json.source(0), text);
  EXPECT_EQ(json.source(2), R"([1, {"b": [ ] } ])");
  EXPECT_EQ(json.source(4), R"({"b": [ ] })");
  EXPECT_EQ(json.source(6), "[ ]");
  EXPECT_EQ(json.source(8), "\"x\"");
  EXPECT_EQ(json.source(10), R"({"e":{"f":[[2] ]} })");
}

TEST(JsonReader, IsBoundedInDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  JsonReader reader;
  EXPECT_TRUE(reader.read(nested(kJsonDepthMax)));
  EXPECT_FALSE(reader.read(nested(kJsonDepthMax + 1)));
  EXPECT_FALSE(reader.read(nested(100'000)));
  EXPECT_FALSE(reader.read(std::string(100'000, '[')));
}

TEST(JsonReader, MayBeUsedAgain) {
  JsonReader reader;
  EXPECT_FALSE(reader.read("["));
  EXPECT_TRUE(reader.read("[1]"));
  EXPECT_TRUE(
      reader.read("[" + std::string(100'000, ' ') + "\"" + std::string(100'000, 'x') + "\"]"));
  EXPECT_TRUE(reader.read("{}"));
  EXPECT_EQ(reader.view().node_count, 1U);
}

// The same verdict as the scanner that reads envelopes, on texts that are almost JSON.
TEST(JsonReader, AgreesWithTheScanner) {
  const std::string alphabet[] = {
      "{",  "}",    "[",   "]", ",",  ":",  "\"a\"", "\"\\n\"", "\"\\q\"",     "1",       "-1.5e2",
      "01", "true", "nul", " ", "\n", "\"", "\\",    "x",       "\"\\ud800\"", "\xC3\xA9"};
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  JsonReader reader;
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    for (std::size_t parts = random() % 9; parts > 0; --parts) {
      text += alphabet[random() % std::size(alphabet)];
    }
    ASSERT_EQ(reader.read(text), !event::find_json_fault(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace bb::schema
