#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "amqp/url.h"
#include "support/wire_client_transport.h"

namespace bb::test {
namespace {

// It ends a test that hangs, and measures nothing.
constexpr std::chrono::milliseconds kPatience{60'000};

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(int fd) : fd_(fd) {}
  ~TcpTransport() override { drop(); }

  void send(ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return;
      bytes = bytes.subspan(static_cast<std::size_t>(size));
    }
  }

  Event receive(std::string& into) override {
    pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, static_cast<int>(kPatience.count())) <= 0) return Event::kQuiet;
    std::array<char, 65536> bytes{};
    const ssize_t size = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (size <= 0) return Event::kClosed;
    into.append(bytes.data(), static_cast<std::size_t>(size));
    return Event::kBytes;
  }

  void drop() override {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

class TcpBroker final : public TestBroker {
 public:
  explicit TcpBroker(amqp::Url url) : url_(std::move(url)) {}

  std::unique_ptr<Transport> connect() override {
    const addrinfo hints{.ai_flags = AI_NUMERICSERV,
                         .ai_family = AF_UNSPEC,
                         .ai_socktype = SOCK_STREAM,
                         .ai_protocol = 0,
                         .ai_addrlen = 0,
                         .ai_addr = nullptr,
                         .ai_canonname = nullptr,
                         .ai_next = nullptr};
    addrinfo* found = nullptr;
    if (::getaddrinfo(url_.host.c_str(), std::to_string(url_.port).c_str(), &hints, &found) != 0) {
      throw std::runtime_error("cannot resolve " + url_.host);
    }
    const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int failed = ::connect(fd, found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    if (failed != 0) {
      const int error = errno;
      ::close(fd);
      throw std::runtime_error(
          fmt::format("cannot connect to {}: {}", url_.redacted(), std::strerror(error)));
    }
    const int on = 1;  // frames go out one by one, and must not wait for each other's receipt
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return std::make_unique<TcpTransport>(fd);
  }

 private:
  amqp::Url url_;
};

}  // namespace

std::unique_ptr<TestBroker> make_tcp_broker(const std::string& url) {
  auto parsed = amqp::parse_url(url);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return std::make_unique<TcpBroker>(*std::move(parsed));
}

}  // namespace bb::test
