#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace bb {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "bb: broken invariant: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace bb
