#include "allocation_counter.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace {

// constinit and trivial: malloc() is called before constructors run.
constinit thread_local std::size_t g_allocations = 0;

}  // namespace

namespace bb::conformance {

std::size_t allocation_count() {
  return g_allocations;
}

}  // namespace bb::conformance

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

// glibc's own, by the names that it keeps for those who replace the others. Its free() takes back
// what they give. (NOLINT: all of these names are given.)
// NOLINTBEGIN(readability-identifier-naming,bugprone-reserved-identifier)
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

[[gnu::visibility("default")]] void* malloc(std::size_t size) noexcept {
  ++g_allocations;
  return __libc_malloc(size);
}

[[gnu::visibility("default")]] void* calloc(std::size_t count, std::size_t size) noexcept {
  ++g_allocations;
  return __libc_calloc(count, size);
}

[[gnu::visibility("default")]] void* realloc(void* memory, std::size_t size) noexcept {
  ++g_allocations;
  return __libc_realloc(memory, size);
}

[[gnu::visibility("default")]] void* aligned_alloc(std::size_t alignment,
                                                   std::size_t size) noexcept {
  ++g_allocations;
  return __libc_memalign(alignment, size);
}

[[gnu::visibility("default")]] int posix_memalign(void** memory, std::size_t alignment,
                                                  std::size_t size) noexcept {
  ++g_allocations;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming,bugprone-reserved-identifier)

#endif
