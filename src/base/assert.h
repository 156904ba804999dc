// Assertions of invariants: on in release too, because a broken invariant in a
// broker is better stopped than written to disk.
#pragma once

namespace bb {

// Prints the expression and the place on stderr and aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace bb

#define BB_ASSERT(expression)              \
  (static_cast<bool>(expression) ? void(0) \
                                 : ::bb::assertion_failed(#expression, __FILE__, __LINE__))
