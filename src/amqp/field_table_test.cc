#include "amqp/field_table.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bb::amqp {
namespace {

TEST(FieldTable, KeepsTheOrderAndFindsTheFirst) {
  FieldTable table{{"b", 1}, {"a", 2}, {"b", 3}};
  EXPECT_EQ(table.entries()[1].first, "a");
  ASSERT_NE(table.find("b"), nullptr);
  EXPECT_EQ(table.find("b")->as_integer(), 1);
  EXPECT_EQ(table.find("c"), nullptr);
}

TEST(FieldTable, SetReplacesTheFirstOrAdds) {
  FieldTable table{{"b", 1}, {"b", 2}};
  table.set("b", 7);
  table.set("c", 8);
  EXPECT_EQ(table, (FieldTable{{"b", 7}, {"b", 2}, {"c", 8}}));
  table.append("c", 9);
  EXPECT_EQ(table.entries().size(), 4u);
}

TEST(FieldTable, EraseRemovesEveryFieldOfTheName) {
  FieldTable table{{"b", 1}, {"a", 2}, {"b", 3}};
  EXPECT_TRUE(table.erase("b"));
  EXPECT_EQ(table, (FieldTable{{"a", 2}}));
  EXPECT_FALSE(table.erase("b"));
  EXPECT_TRUE(table.erase("a"));
  EXPECT_TRUE(table.empty());
}

TEST(FieldTable, CopiesAndMovesAreIndependent) {
  FieldTable table{{"a", FieldTable{{"b", "deep"}}}};
  FieldTable copy = table;
  copy.set("a", 1);
  EXPECT_NE(copy, table);
  FieldTable moved = std::move(table);
  EXPECT_EQ(*moved.find("a")->as_table()->find("b")->as_string(), "deep");
  moved = copy;
  EXPECT_EQ(moved, copy);
}

TEST(FieldValue, EveryIntegerTypeIsAnInteger) {
  const FieldValue values[] = {std::int8_t{7},   std::uint8_t{7}, std::int16_t{7},
                               std::uint16_t{7}, std::int32_t{7}, std::uint32_t{7},
                               std::int64_t{7},  std::uint64_t{7}};
  for (const FieldValue& value : values) EXPECT_EQ(value.as_integer(), 7) << type_name(value);
  EXPECT_EQ(FieldValue(std::numeric_limits<std::int64_t>::min()).as_integer(),
            std::numeric_limits<std::int64_t>::min());
}

TEST(FieldValue, WhatIsNoIntegerIsNone) {
  const FieldValue values[] = {{},
                               true,
                               7.0,
                               7.0F,
                               "7",
                               Decimal{0, 7},
                               FieldTimestamp{7},
                               std::numeric_limits<std::uint64_t>::max()};
  for (const FieldValue& value : values) {
    EXPECT_EQ(value.as_integer(), std::nullopt) << type_name(value);
  }
}

TEST(FieldValue, AccessorsAnswerForTheirOwnTypeOnly) {
  const FieldValue text = "text";
  const FieldValue bytes = FieldBytes{"text"};
  const FieldValue truth = true;
  const FieldValue array = FieldArray{1};
  const FieldValue table = FieldTable{};
  EXPECT_EQ(*text.as_string(), "text");
  EXPECT_EQ(bytes.as_string(), nullptr);
  EXPECT_TRUE(*truth.as_bool());
  EXPECT_EQ(text.as_bool(), nullptr);
  EXPECT_EQ(array.as_array()->size(), 1u);
  EXPECT_EQ(table.as_array(), nullptr);
  EXPECT_TRUE(table.as_table()->empty());
  EXPECT_EQ(array.as_table(), nullptr);
}

// The rows were tried on rabbit_misc:assert_args_equivalence/4 of RabbitMQ 3.10.8.
TEST(Equivalent, ComparesAsRabbitMq) {
  struct Case {
    FieldValue a;
    FieldValue b;
    bool equal;
  };
  const Case cases[] = {
      {std::int64_t{5}, std::int32_t{5}, true},
      {std::int64_t{5}, std::uint8_t{5}, true},
      {std::int64_t{5}, std::uint32_t{5}, true},
      {std::int64_t{5}, std::uint16_t{5}, true},
      {std::int64_t{5}, std::int32_t{6}, false},
      {std::int64_t{-1}, std::numeric_limits<std::uint64_t>::max(), false},
      {std::int8_t{-1}, std::int64_t{-1}, true},
      {FieldTimestamp{5}, std::int64_t{5}, true},
      {"a", FieldBytes{"a"}, true},
      {"a", "b", false},
      {"5", 5, false},
      {true, true, true},
      {true, false, false},
      {true, std::uint8_t{1}, false},
      {1.5F, 1.5, true},
      {1.5, 2.5, false},
      {5.0, std::int64_t{5}, false},
      {std::int64_t{5}, 5.0, false},
      {Decimal{1, 50}, Decimal{1, 50}, true},
      {Decimal{1, 50}, Decimal{0, 5}, false},
      {{}, {}, true},
      {{}, 5, false},
      {FieldArray{1, "a"}, FieldArray{1, "a"}, true},
      {FieldArray{1, "a"}, FieldArray{1}, false},
      {FieldTable{{"k", 5}}, FieldTable{{"k", 5}}, true},
      {FieldTable{{"k", 5}}, FieldTable{{"k", 6}}, false},
      {FieldTable{{"k", 5}}, FieldTable{{"j", 5}}, false},
      {FieldTable{}, FieldArray{}, false},
  };
  for (const auto& [a, b, equal] : cases) {
    EXPECT_EQ(equivalent(a, b), equal) << to_string(a) << ' ' << to_string(b);
    EXPECT_EQ(equivalent(b, a), equal) << to_string(b) << ' ' << to_string(a);
  }
}

// RabbitMQ tells [{long,5}] from [{signedint,5}]; here values count inside arrays, too.
TEST(Equivalent, IntegersInArraysAndTablesCompareByValue) {
  EXPECT_TRUE(equivalent(FieldArray{std::int64_t{5}}, FieldArray{std::int32_t{5}}));
  EXPECT_TRUE(equivalent(FieldTable{{"k", std::int64_t{5}}}, FieldTable{{"k", std::int8_t{5}}}));
}

// The texts are RabbitMQ 3.10.8's.
TEST(FieldValueText, ReadsAsInRabbitMq) {
  struct Case {
    FieldValue value;
    const char* text;
    const char* type;
  };
  const Case cases[] = {
      {{}, "none", "void"},
      {true, "'true'", "bool"},
      {false, "'false'", "bool"},
      {std::int8_t{-1}, "'-1'", "byte"},
      {std::uint8_t{200}, "'200'", "unsignedbyte"},
      {std::int16_t{-300}, "'-300'", "short"},
      {std::uint16_t{60000}, "'60000'", "unsignedshort"},
      {std::int32_t{1000}, "'1000'", "signedint"},
      {std::uint32_t{4000000000}, "'4000000000'", "unsignedint"},
      {std::int64_t{-5}, "'-5'", "long"},
      {std::uint64_t{5}, "'5'", "long"},
      {1.5F, "'1.5'", "float"},
      {0.1, "'0.1'", "double"},
      {100.0, "'100.0'", "double"},
      {1e22, "'1.0e22'", "double"},
      {123456789.125, "'123456789.125'", "double"},
      {Decimal{1, 5}, "'{1,5}'", "decimal"},
      {"lazy", "'lazy'", "longstr"},
      {FieldBytes{"a"}, "'a'", "binary"},
      {FieldTimestamp{1700000000}, "'1700000000'", "timestamp"},
      {FieldArray{}, "'[]'", "array"},
      {FieldArray{std::int64_t{5}, "hi"}, "'[{long,5},{longstr,<<\"hi\">>}]'", "array"},
      {FieldTable{{"k", std::int64_t{5}}}, "'[{<<\"k\">>,long,5}]'", "table"},
      {FieldTable{{"k", FieldArray{true}}, {"n", {}}},
       "'[{<<\"k\">>,array,[{bool,true}]},{<<\"n\">>,void,undefined}]'", "table"},
  };
  for (const auto& [value, text, type] : cases) {
    EXPECT_EQ(to_string(value), text);
    EXPECT_EQ(type_name(value), type);
  }
  EXPECT_EQ(to_string(std::numeric_limits<double>::infinity()), "'inf'");
  EXPECT_EQ(to_string(std::nan("")), "'nan'");
}

}  // namespace
}  // namespace bb::amqp
