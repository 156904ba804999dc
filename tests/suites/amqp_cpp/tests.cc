// AMQP-CPP against a broker: our own tests, for its own need no broker.
//
//   tests HOST PORT    prints a line for each: "passed NAME", or "failed NAME: what".
#include <amqpcpp.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::chrono::seconds kPatience{30};

int connect_to(const char* host, const char* port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host, port, &hints, &found) != 0) throw std::runtime_error("no such host");
  const int socket = ::socket(found->ai_family, SOCK_STREAM, 0);
  const int failed = ::connect(socket, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  if (failed != 0) throw std::runtime_error("nothing listens there");
  return socket;
}

// A blocking socket under an AMQP::Connection.
class Wire : public AMQP::ConnectionHandler {
 public:
  Wire(const char* host, const char* port) : socket_(connect_to(host, port)) {}
  ~Wire() override { ::close(socket_); }

  // Reads until `done`.
  void until(AMQP::Connection& connection, const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
      if (!error_.empty()) throw std::runtime_error("the connection: " + error_);
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
      if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) <= 0) {
        throw std::runtime_error("nothing came");
      }
      char bytes[65536];
      const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
      if (size <= 0) throw std::runtime_error("the broker closed the socket");
      inbox_.append(bytes, static_cast<std::size_t>(size));
      inbox_.erase(0, connection.parse(inbox_.data(), inbox_.size()));
    }
  }

  const std::string& error() const { return error_; }
  bool closed() const { return closed_; }

 private:
  void onData(AMQP::Connection*, const char* bytes, std::size_t size) override {
    while (size > 0) {
      const ssize_t sent = ::send(socket_, bytes, size, MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("cannot send");
      bytes += sent;
      size -= static_cast<std::size_t>(sent);
    }
  }
  void onError(AMQP::Connection*, const char* message) override { error_ = message; }
  void onClosed(AMQP::Connection*) override { closed_ = true; }

  int socket_;
  std::string inbox_;
  std::string error_;
  bool closed_ = false;
};

// A connection with a channel, for one test.
struct Client {
  Client(const char* host, const char* port)
      : wire(host, port),
        connection(&wire, AMQP::Login("guest", "guest"), "/"),
        channel(&connection) {
    channel.onError([this](const char* message) { channel_error = message; });
  }

  void until(const std::function<bool()>& done) { wire.until(connection, done); }
  // Waits for the answer to what was asked last.
  void settle(AMQP::Deferred& asked) {
    bool done = false;
    asked.onFinalize([&] { done = true; });
    until([&] { return done; });
  }
  std::string declare() {
    std::string name;
    auto& asked = channel.declareQueue(AMQP::exclusive);
    asked.onSuccess([&](const std::string& given, std::uint32_t, std::uint32_t) { name = given; });
    until([&] { return !name.empty(); });
    return name;
  }

  Wire wire;
  AMQP::Connection connection;
  AMQP::Channel channel;
  std::string channel_error;
};

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}
void expect_same(const std::string& got, const std::string& wanted) {
  expect(got == wanted, "got '" + got + "', not '" + wanted + "'");
}

void publishes_and_consumes(Client& client) {
  const std::string queue = client.declare();
  std::vector<std::string> bodies;
  client.channel.setQos(10);
  client.channel.consume(queue).onReceived(
      [&](const AMQP::Message& message, std::uint64_t tag, bool redelivered) {
        expect(!redelivered, "redelivered");
        bodies.emplace_back(message.body(), message.bodySize());
        client.channel.ack(tag);
      });
  for (int i = 0; i < 100; ++i) client.channel.publish("", queue, std::to_string(i));
  client.until([&] { return bodies.size() == 100; });
  for (int i = 0; i < 100; ++i) expect_same(bodies[static_cast<std::size_t>(i)], std::to_string(i));
}

void confirms_arrive(Client& client) {
  const std::string queue = client.declare();
  AMQP::Reliable<AMQP::Tagger> reliable(client.channel);
  int confirmed = 0;
  for (int i = 0; i < 100; ++i) {
    reliable.publish("", queue, "body").onAck([&] { ++confirmed; });
  }
  client.until([&] { return confirmed == 100; });
}

void properties_and_tables_arrive(Client& client) {
  const std::string queue = client.declare();
  AMQP::Envelope envelope("{}", 2);
  envelope.setContentType("application/json");
  envelope.setMessageID("m-1");
  envelope.setPriority(3);
  AMQP::Table nested;
  nested.set("deep", AMQP::LongString("text"));
  AMQP::Table headers;
  headers.set("nested", nested);
  headers.set("number", AMQP::Long(-5));
  envelope.setHeaders(headers);
  bool came = false;
  client.channel.consume(queue, AMQP::noack)
      .onReceived([&](const AMQP::Message& message, std::uint64_t, bool) {
        came = true;
        expect_same(message.contentType(), "application/json");
        expect_same(message.messageID(), "m-1");
        expect(message.priority() == 3, "the priority");
        const AMQP::Table& got = message.headers();
        expect(static_cast<std::int32_t>(got.get("number")) == -5, "the number");
        const AMQP::Table& inner = got.get("nested");
        expect_same(inner.get("deep"), "text");
      });
  client.channel.publish("", queue, envelope);
  client.until([&] { return came; });
}

void large_bodies(Client& client) {
  const std::string queue = client.declare();
  const std::string body(1 << 20, 'x');
  std::string got;
  client.channel.consume(queue, AMQP::noack)
      .onReceived([&](const AMQP::Message& message, std::uint64_t, bool) {
        got.assign(message.body(), message.bodySize());
      });
  client.channel.publish("", queue, body);
  client.until([&] { return !got.empty(); });
  expect(got == body, "another body");
}

void exchanges_route(Client& client) {
  const std::string queue = client.declare();
  const std::string from = "test." + queue + ".from";
  const std::string to = "test." + queue + ".to";
  client.channel.declareExchange(from, AMQP::fanout, AMQP::autodelete);
  client.channel.declareExchange(to, AMQP::topic, AMQP::autodelete);
  client.channel.bindExchange(from, to, "any");
  client.settle(client.channel.bindQueue(to, queue, "voice.*"));
  std::vector<std::string> keys;
  client.channel.consume(queue, AMQP::noack)
      .onReceived([&](const AMQP::Message& message, std::uint64_t, bool) {
        keys.push_back(message.routingkey());
      });
  client.channel.publish(from, "text.done", "no");
  client.channel.publish(from, "voice.done", "yes");
  client.until([&] { return !keys.empty(); });
  expect_same(keys.front(), "voice.done");
  client.settle(client.channel.unbindQueue(to, queue, "voice.*"));
}

void unroutable_messages_bounce(Client& client) {
  std::string bounced;
  std::string code;
  client.channel.recall().onReceived(
      [&](const AMQP::Message& message, std::int16_t reply_code, const std::string& text) {
        bounced.assign(message.body(), message.bodySize());
        code = std::to_string(reply_code) + " " + text;
      });
  client.channel.publish("", "nobody.has.this.queue", "lost", AMQP::mandatory);
  client.until([&] { return !bounced.empty(); });
  expect_same(bounced, "lost");
  expect_same(code, "312 NO_ROUTE");
}

void rejected_messages_come_again(Client& client) {
  const std::string queue = client.declare();
  int deliveries = 0;
  client.channel.consume(queue).onReceived(
      [&](const AMQP::Message&, std::uint64_t tag, bool redelivered) {
        expect(redelivered == (deliveries == 1), "the flag redelivered");
        client.channel.reject(tag, ++deliveries == 1 ? AMQP::requeue : 0);
      });
  client.channel.publish("", queue, "body");
  client.until([&] { return deliveries == 2; });
}

void gets_one_by_one(Client& client) {
  const std::string queue = client.declare();
  client.channel.publish("", queue, "first");
  client.channel.publish("", queue, "second");
  std::string body;
  std::uint32_t left = 0;
  auto& asked = client.channel.get(queue, AMQP::noack);
  asked.onCount([&](std::uint32_t count) { left = count; });
  asked.onReceived([&](const AMQP::Message& message, std::uint64_t, bool) {
    body.assign(message.body(), message.bodySize());
  });
  client.until([&] { return !body.empty(); });
  expect_same(body, "first");
  expect(left == 1, "the count of what is left");
  std::uint32_t purged = 0;
  client.channel.purgeQueue(queue).onSuccess([&](std::uint32_t count) { purged = count; });
  bool empty = false;
  client.channel.get(queue).onEmpty([&] { empty = true; });
  client.until([&] { return empty; });
  expect(purged == 1, "the count of what was purged");
}

void transactions(Client& client) {
  const std::string queue = client.declare();
  client.channel.startTransaction();
  client.channel.publish("", queue, "rolled back");
  client.channel.rollbackTransaction();
  client.channel.publish("", queue, "committed");
  client.settle(client.channel.commitTransaction());
  std::string body;
  client.channel.get(queue, AMQP::noack)
      .onReceived([&](const AMQP::Message& message, std::uint64_t, bool) {
        body.assign(message.body(), message.bodySize());
      });
  client.until([&] { return !body.empty(); });
  expect_same(body, "committed");
}

void a_deleted_queue_cancels_its_consumer(Client& client) {
  const std::string queue = client.declare();
  bool cancelled = false;
  client.channel.consume(queue).onCancelled([&](const std::string&) { cancelled = true; });
  client.channel.removeQueue(queue);
  client.until([&] { return cancelled; });
}

void errors_close_the_channel(Client& client) {
  client.channel.declareQueue("nobody.has.this.queue", AMQP::passive);
  client.until([&] { return !client.channel_error.empty(); });
  expect_same(client.channel_error, "NOT_FOUND - no queue 'nobody.has.this.queue' in vhost '/'");
  expect(!client.channel.usable(), "the channel is open");
  AMQP::Channel another(&client.connection);
  bool ready = false;
  another.onReady([&] { ready = true; });
  client.until([&] { return ready; });
}

void errors_close_the_connection(Client& client) {
  bool ready = false;
  client.channel.onReady([&] { ready = true; });
  client.until([&] { return ready; });
  client.channel.publish("", "key", "body", AMQP::immediate);
  client.until([&] { return !client.channel_error.empty(); });
  expect_same(client.channel_error, "NOT_IMPLEMENTED - immediate=true");
}

const std::map<std::string, void (*)(Client&)> kTests = {
    {"publishes_and_consumes", publishes_and_consumes},
    {"confirms_arrive", confirms_arrive},
    {"properties_and_tables_arrive", properties_and_tables_arrive},
    {"large_bodies", large_bodies},
    {"exchanges_route", exchanges_route},
    {"unroutable_messages_bounce", unroutable_messages_bounce},
    {"rejected_messages_come_again", rejected_messages_come_again},
    {"gets_one_by_one", gets_one_by_one},
    {"transactions", transactions},
    {"a_deleted_queue_cancels_its_consumer", a_deleted_queue_cancels_its_consumer},
    {"errors_close_the_channel", errors_close_the_channel},
    {"errors_close_the_connection", errors_close_the_connection},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  int failures = 0;
  for (const auto& [name, test] : kTests) {
    try {
      Client client(argv[1], argv[2]);
      test(client);
      std::printf("passed %s\n", name.c_str());
    } catch (const std::exception& problem) {
      ++failures;
      std::printf("failed %s: %s\n", name.c_str(), problem.what());
    }
  }
  return failures == 0 ? 0 : 1;
}
