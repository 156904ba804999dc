#include "schema/allocation_count.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

namespace {

thread_local std::size_t g_allocations = 0;

}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

// The sanitizers have all forms of new for themselves, and tell of each call. (g++ comes without
// the header that declares this; NOLINT: the name is given.)
// NOLINTNEXTLINE(readability-identifier-naming,bugprone-reserved-identifier)
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void* memory, std::size_t size),
    void (*on_free)(const volatile void* memory));

namespace {

void count(const volatile void* /*memory*/, std::size_t /*size*/) {
  ++g_allocations;
}
void ignore(const volatile void* /*memory*/) {}

[[maybe_unused]] const int g_installed = __sanitizer_install_malloc_and_free_hooks(count, ignore);

}  // namespace

#else

// The forms for arrays and those that do not throw come here by default. Not inlined:
// g++ would then see free() for what came from new, and warn. (clang-tidy looks inside
// all the same.)
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++g_allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);  // NOLINT(clang-analyzer-cplusplus.NewDelete)
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);  // NOLINT(clang-analyzer-cplusplus.NewDelete)
}

#endif

namespace bb::schema {

std::size_t allocation_count() {
  return g_allocations;
}

namespace {

TEST(AllocationCount, CountsWhatAsksForMemory) {
  EXPECT_EQ(allocations_of([] {}), 0U);
  std::string text;
  EXPECT_EQ(allocations_of([&text] { text.assign(100, 'x'); }), 1U);
}

}  // namespace
}  // namespace bb::schema
