// A small vocabulary for the tests of filters.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "filter/filter.h"

namespace bb::filter {

// The filter; one that chooses nothing, and a failure, where the text is none.
inline Filter parse(std::string_view text) {
  auto filter = Filter::parse(text);
  if (!filter) {
    ADD_FAILURE() << text << "\n  " << filter.error().message;
    filter = Filter::parse("false");
  }
  return *std::move(filter);
}

// Whether `filter` chooses `event`, a JSON text.
inline bool chooses(const Filter& filter, std::string_view event) {
  FilterScratch scratch;
  const auto verdict = filter.matches(event, scratch);
  if (!verdict) ADD_FAILURE() << filter.text() << "\n  " << verdict.error().message;
  return verdict.value_or(false);
}
inline bool chooses(std::string_view filter, std::string_view event) {
  return chooses(parse(filter), event);
}

// What is said of a text that is no filter; empty, and a failure, where it is one.
inline std::string fault_of(std::string_view text) {
  const auto filter = Filter::parse(text);
  if (filter) {
    ADD_FAILURE() << text << "\n  is a filter";
    return "";
  }
  EXPECT_EQ(filter.error().code, ErrorCode::kUsage) << text;
  EXPECT_EQ(filter.error().message.find('\n'), std::string::npos) << text;
  return filter.error().message;
}

inline std::string repeated(std::size_t count, std::string_view unit) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += unit;
  return text;
}

}  // namespace bb::filter
