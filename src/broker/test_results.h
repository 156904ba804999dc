// For tests: what a Result that should have failed says.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "bloodbank/result.h"

namespace bb::broker {

template <class T>
ErrorCode code_of(const Result<T>& result) {
  EXPECT_FALSE(result) << "an error was expected";
  return result ? ErrorCode::kFailure : result.error().code;
}

template <class T>
std::string message_of(const Result<T>& result) {
  return result ? "no error" : result.error().message;
}

}  // namespace bb::broker
