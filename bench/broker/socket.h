// TCP on loopback, and the bytes that came and are not taken yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace bb::bench {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  int get() const { return number_; }

 private:
  int number_ = -1;
};

// A connection to a port of 127.0.0.1, without Nagle's delay.
Descriptor connect_loopback(std::uint16_t port);

// The two ends of a new connection on loopback.
std::pair<Descriptor, Descriptor> connected_pair();

// How much the socket took: 0 when it is full.
std::size_t send_some(int socket, std::string_view bytes);
// Waits until all is with the kernel.
void send_all(int socket, std::string_view bytes);

class Inbox {
 public:
  Inbox();

  // One read; false when nothing had come and `wait` is not set. The peer's end is a failure.
  bool receive(int socket, bool wait);
  std::string_view bytes() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void drop(std::size_t count) { begin_ += count; }

 private:
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace bb::bench
