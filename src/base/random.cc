#include "base/random.h"

#include <pthread.h>
#include <sys/random.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/assert.h"

namespace bb {
namespace {

// getrandom() returns requests of up to 256 bytes whole, without being interrupted.
constexpr std::size_t kBufferBytes = 256;

std::atomic<std::uint32_t> g_fork_generation{0};

void count_fork() {
  g_fork_generation.fetch_add(1, std::memory_order_relaxed);
}

void read_kernel(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    BB_ASSERT(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

struct RandomBuffer {
  std::array<std::uint8_t, kBufferBytes> bytes;
  std::size_t used = kBufferBytes;
  std::uint32_t generation = 0;
};

}  // namespace

std::uint32_t fork_generation() {
  // Registered before the first value is handed out, and once for the process: a
  // child inherits the handler.
  static const int registered = pthread_atfork(nullptr, nullptr, count_fork);
  BB_ASSERT(registered == 0);
  return g_fork_generation.load(std::memory_order_relaxed);
}

void fill_random(std::span<std::uint8_t> out) {
  if (out.size() > kBufferBytes / 4) {
    read_kernel(out);
    return;
  }
  if (out.empty()) return;
  thread_local RandomBuffer buffer;
  const std::uint32_t generation = fork_generation();
  if (buffer.generation != generation || kBufferBytes - buffer.used < out.size()) {
    read_kernel(buffer.bytes);
    buffer.used = 0;
    buffer.generation = generation;
  }
  std::memcpy(out.data(), buffer.bytes.data() + buffer.used, out.size());
  buffer.used += out.size();
}

std::uint64_t random_u64() {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes;
  fill_random(bytes);
  std::uint64_t value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace bb
