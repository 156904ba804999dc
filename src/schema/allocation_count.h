// For tests only: how often a piece of code asks for memory. The test program of this
// module counts every call of the global operator new (allocation_count_test.cc).
#pragma once

#include <cstddef>

namespace bb::schema {

// Calls of operator new by this thread since it started.
std::size_t allocation_count();

// Those while `action()` runs.
template <class Action>
std::size_t allocations_of(Action&& action) {
  const std::size_t before = allocation_count();
  action();
  return allocation_count() - before;
}

}  // namespace bb::schema
