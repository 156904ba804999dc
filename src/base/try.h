// Passing errors on without a ladder of ifs.
//
//   BB_TRY(step());                    // step() returns Result<void>
//   BB_TRY_ASSIGN(auto x, compute());  // compute() returns Result<X>
#pragma once

#include <utility>

#include "bloodbank/result.h"

#define BB_TRY_CONCAT_INNER(a, b) a##b
#define BB_TRY_CONCAT(a, b) BB_TRY_CONCAT_INNER(a, b)

#define BB_TRY(expression)                                        \
  do {                                                            \
    if (auto bb_result = (expression); !bb_result) [[unlikely]] { \
      return std::unexpected(std::move(bb_result).error());       \
    }                                                             \
  } while (false)

#define BB_TRY_ASSIGN(target, expression) \
  BB_TRY_ASSIGN_AS(BB_TRY_CONCAT(bb_result_, __LINE__), target, expression)
#define BB_TRY_ASSIGN_AS(result, target, expression)   \
  auto result = (expression);                          \
  if (!result) [[unlikely]]                            \
    return std::unexpected(std::move(result).error()); \
  target = *std::move(result)
