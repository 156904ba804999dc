#include "broker/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "broker/support.h"

namespace bb::bench {
namespace {

constexpr std::size_t kInboxBytes = 512 << 10;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Descriptor tcp_socket() {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) fail_errno("socket");
  return socket;
}

void no_delay(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void wait_writable(int socket) {
  pollfd entry{socket, POLLOUT, 0};
  ::poll(&entry, 1, -1);
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Descriptor connect_loopback(std::uint16_t port) {
  Descriptor socket = tcp_socket();
  const sockaddr_in address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail_errno(fmt::format("connect to port {}", port));
  }
  no_delay(socket.get());
  return socket;
}

std::pair<Descriptor, Descriptor> connected_pair() {
  Descriptor listener = tcp_socket();
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.get(), generic, length) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), generic, &length) != 0) {
    fail_errno("listen");
  }
  Descriptor near = connect_loopback(ntohs(address.sin_port));
  Descriptor far(::accept(listener.get(), nullptr, nullptr));
  if (far.get() < 0) fail_errno("accept");
  no_delay(far.get());
  return {std::move(near), std::move(far)};
}

std::size_t send_some(int socket, std::string_view bytes) {
  const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EINTR) return 0;
  fail_errno("send");
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t sent = send_some(socket, bytes);
    bytes.remove_prefix(sent);
    if (sent == 0) wait_writable(socket);
  }
}

Inbox::Inbox() : buffer_(kInboxBytes) {}

bool Inbox::receive(int socket, bool wait) {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) fail("one unit of the protocol is longer than {}", kInboxBytes);
  for (;;) {
    const ssize_t got =
        ::recv(socket, buffer_.data() + end_, buffer_.size() - end_, wait ? 0 : MSG_DONTWAIT);
    if (got > 0) {
      end_ += static_cast<std::size_t>(got);
      return true;
    }
    if (got == 0) fail("the broker closed the connection");
    if (errno == EAGAIN) return false;
    if (errno != EINTR) fail_errno("recv");
  }
}

}  // namespace bb::bench
