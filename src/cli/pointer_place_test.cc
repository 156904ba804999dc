#include "cli/pointer_place.h"

#include <gtest/gtest.h>

namespace bb::cli {
namespace {

void expect_place(const PointerPlaces& places, std::string_view pointer, std::size_t line,
                  std::size_t column) {
  const PointerPlace place = places.find(pointer);
  EXPECT_EQ(place.line, line) << pointer;
  EXPECT_EQ(place.column, column) << pointer;
}

TEST(PointerPlacesTest, FindsValues) {
  const PointerPlaces places(" {\"é\": \"x\",\n  \"a/b\": [1, {\"c\": true}]}");
  expect_place(places, "", 1, 2);
  expect_place(places, "/é", 1, 8);
  expect_place(places, "/a~1b", 2, 10);
  expect_place(places, "/a~1b/0", 2, 11);
  expect_place(places, "/a~1b/1/c", 2, 20);
}

TEST(PointerPlacesTest, WhatIsNotThereIsWhereItWouldBe) {
  const PointerPlaces places("\n{\"a\": [{\"b\": 1}]}");
  expect_place(places, "/none/of/these", 2, 1);
  expect_place(places, "/a/7", 2, 7);
  expect_place(places, "/a/0/c", 2, 8);
  expect_place(places, "/a/0/b/c", 2, 14);
}

TEST(PointerPlacesTest, OfNamesThatRepeatTheLastCounts) {
  const PointerPlaces places("{\"a\":1,\n\"a\":2}");
  expect_place(places, "/a", 2, 5);
}

TEST(PointerPlacesTest, TextThatIsNotJsonHasItsBeginning) {
  const PointerPlaces places("{\n\"a\":");
  expect_place(places, "/a", 1, 1);
}

}  // namespace
}  // namespace bb::cli
