// For tests only: tables of strings that are of a format and strings that are not.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "schema/format.h"

namespace bb::schema {

using namespace std::string_view_literals;

inline void expect_matches(Format format, std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    EXPECT_TRUE(matches_format(format, text)) << format_name(format) << ": " << text;
  }
}

inline void expect_no_match(Format format, std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) {
    EXPECT_FALSE(matches_format(format, text)) << format_name(format) << ": " << text;
  }
}

}  // namespace bb::schema
