// What the machine allows: the disk, loopback, the wake-up of a thread on the other core.

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "broker/endpoint.h"
#include "broker/modes.h"
#include "broker/socket.h"

namespace bb::bench {
namespace {

constexpr std::size_t kOverwrittenBytes = 16 << 20;
constexpr int kRoundTrips = 20'000;

// Writes of one event with an fdatasync after each, per second, in a file of `folder`: at its end,
// or over the bytes of a file that has its length already.
double syncs_per_second(const std::string& folder, double seconds, bool overwrite) {
  const std::string path = folder + "/broker_bench.fdatasync";
  const Descriptor file(::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
  if (file.get() < 0) fail_errno(path);
  ::unlink(path.c_str());
  const std::string event(kBodyBytes, 'e');
  if (overwrite) {
    const std::string zeros(kOverwrittenBytes, '\0');
    if (::write(file.get(), zeros.data(), zeros.size()) < 0 || ::fsync(file.get()) != 0) {
      fail_errno(path);
    }
  }
  off_t offset = 0;
  std::uint64_t count = 0;
  const std::uint64_t begin = now_ns();
  while (seconds_since(begin) < seconds) {
    if (::pwrite(file.get(), event.data(), event.size(), offset) < 0 ||
        ::fdatasync(file.get()) != 0) {
      fail_errno(path);
    }
    ++count;
    offset += static_cast<off_t>(event.size());
    if (overwrite &&
        offset + static_cast<off_t>(event.size()) > static_cast<off_t>(kOverwrittenBytes)) {
      offset = 0;
    }
  }
  return static_cast<double>(count) / seconds_since(begin);
}

double loopback_megabytes_per_second(double seconds) {
  auto [near, far] = connected_pair();
  std::thread reading([socket = far.get()] {
    std::vector<char> buffer(512 << 10);
    while (::recv(socket, buffer.data(), buffer.size(), 0) > 0) {
    }
  });
  const std::string block(256 << 10, 'b');
  std::uint64_t bytes = 0;
  const std::uint64_t begin = now_ns();
  for (; seconds_since(begin) < seconds; bytes += block.size()) send_all(near.get(), block);
  const double rate = static_cast<double>(bytes) / seconds_since(begin) / 1e6;
  ::shutdown(near.get(), SHUT_RDWR);
  reading.join();
  return rate;
}

void pin_to(unsigned core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
}

// The median of a round trip between threads on two cores, `send` and `receive` being given the
// descriptor and moving `bytes` bytes.
template <class Transfer>
double round_trip_us(int near, int far, Transfer send, Transfer receive) {
  std::thread echo([&] {
    pin_to(1);
    for (int i = 0; i < kRoundTrips; ++i) {
      receive(far);
      send(far);
    }
  });
  std::vector<std::uint64_t> times;
  std::thread asking([&] {
    pin_to(0);
    for (int i = 0; i < kRoundTrips; ++i) {
      const std::uint64_t begin = now_ns();
      send(near);
      receive(near);
      times.push_back(now_ns() - begin);
    }
  });
  echo.join();
  asking.join();
  return quantile(times, 0.5) / 1e3;
}

double tcp_round_trip_us() {
  const auto [near, far] = connected_pair();
  using Transfer = void (*)(int);
  constexpr Transfer kSend = [](int socket) { send_all(socket, std::string(kBodyBytes, 'e')); };
  constexpr Transfer kReceive = [](int socket) {
    char bytes[kBodyBytes];
    if (::recv(socket, bytes, sizeof bytes, MSG_WAITALL) != kBodyBytes) fail_errno("recv");
  };
  return round_trip_us(near.get(), far.get(), kSend, kReceive);
}

// The wake-ups without TCP.
double unix_round_trip_us() {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) fail_errno("socketpair");
  const Descriptor near(sockets[0]);
  const Descriptor far(sockets[1]);
  using Transfer = void (*)(int);
  constexpr Transfer kSend = [](int socket) { send_all(socket, "e"); };
  constexpr Transfer kReceive = [](int socket) {
    char byte = 0;
    if (::recv(socket, &byte, 1, 0) != 1) fail_errno("recv");
  };
  return round_trip_us(near.get(), far.get(), kSend, kReceive);
}

}  // namespace

void disk(Arguments& arguments) {
  const std::string folder = arguments.text("dir", ".");
  const auto seconds = static_cast<double>(arguments.number("seconds", 2));
  arguments.finish();
  const double append = syncs_per_second(folder, seconds, false);
  const double overwrite = syncs_per_second(folder, seconds, true);
  fmt::print("{{\"append_syncs_per_s\": {:.0f}, \"overwrite_syncs_per_s\": {:.0f}}}\n", append,
             overwrite);
}

void limits(Arguments& arguments) {
  const auto seconds = static_cast<double>(arguments.number("seconds", 2));
  arguments.finish();
  fmt::print(
      "{{\"loopback_mb_per_s\": {:.0f}, \"tcp_round_trip_us\": {:.1f}, "
      "\"unix_round_trip_us\": {:.1f}}}\n",
      loopback_megabytes_per_second(seconds), tcp_round_trip_us(), unix_round_trip_us());
}

}  // namespace bb::bench
