// Counts what the program that it is linked into allocates, whoever asks: malloc() itself is
// replaced, which operator new and the C libraries call. Under a sanitizer, which has a malloc()
// of its own, operator new alone.
#pragma once

#include <cstddef>

namespace bb::conformance {

// Of this thread, since it started.
std::size_t allocation_count();

}  // namespace bb::conformance
