// Random bytes for identifiers, from the kernel's generator (getrandom).
//
// Thread-safe: each thread has a buffer of its own, so that most calls make no
// system call. A buffer is never used on both sides of a fork(): the child
// throws its copy away. (A child made by a raw clone() is not noticed.)
#pragma once

#include <cstdint>
#include <span>

namespace bb {

// Fills `out`. Aborts if the kernel has no random bytes to give, which Linux
// rules out once the machine has started.
void fill_random(std::span<std::uint8_t> out);

std::uint64_t random_u64();

// Grows by one in a child at every fork(). State that must not be shared with a
// parent process keeps the value it was made under and starts anew on another.
std::uint32_t fork_generation();

}  // namespace bb
