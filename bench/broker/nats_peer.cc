#include "broker/nats_peer.h"

#include <charconv>

#include "broker/support.h"

namespace bb::bench::nats {
namespace {

constexpr std::string_view kStream = "BENCH";
constexpr std::string_view kSubject = "bench.agent.tonny.event";
constexpr std::string_view kConfirmsSubject = "_INBOX.confirms";
constexpr std::string_view kLineEnd = "\r\n";

// What came to an API call: the last of it.
class Answer final : public Events {
 public:
  void on_confirmed(std::uint64_t) override {}
  void on_event(std::string_view body) override { text = body; }
  std::string text;
};

// The words of a protocol line, at most five.
struct Words {
  std::string_view word[5];
  std::size_t count = 0;
};

Words split(std::string_view line) {
  Words words;
  while (words.count < 5) {
    const std::size_t space = line.find(' ');
    words.word[words.count++] = line.substr(0, space);
    if (space == std::string_view::npos) break;
    line.remove_prefix(space + 1);
  }
  return words;
}

std::size_t to_number(std::string_view word) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) fail("NATS: '{}'", word);
  return value;
}

}  // namespace

NatsLink::NatsLink(std::uint16_t port) : Link(connect_loopback(port)) {
  send(
      "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"c++\",\"version\":\"1\","
      "\"protocol\":1,\"headers\":true,\"no_responders\":true}\r\n");
  settle();
}

void NatsLink::settle() {
  send("PING\r\n");
  wait_for_pong();
}

void NatsLink::wait_for_pong() {
  Answer ignored;
  const std::uint64_t before = pongs_;
  for (parse(ignored); pongs_ == before; parse(ignored)) inbox.receive(socket.get(), true);
}

void NatsLink::request(std::string_view subject, std::string_view json, bool may_fail) {
  send(fmt::format("SUB _INBOX.api 9\r\nPUB {} _INBOX.api {}\r\n{}\r\n", subject, json.size(),
                   json));
  Answer answer;
  for (parse(answer); answer.text.empty(); parse(answer)) inbox.receive(socket.get(), true);
  if (!may_fail && answer.text.find("\"error\"") != std::string::npos) {
    fail("{}: {}", subject, answer.text);
  }
  send("UNSUB 9\r\n");
}

Link::Template NatsLink::publish_template(std::size_t body_bytes) const {
  std::string bytes = fmt::format("PUB {} {} {}\r\n", kSubject, kConfirmsSubject, body_bytes);
  const std::size_t body_offset = bytes.size();
  bytes.append(body_bytes, ' ').append(kLineEnd);
  return {std::move(bytes), body_offset};
}

void NatsLink::parse(Events& events) {
  std::string_view rest = inbox.bytes();
  const std::size_t before = rest.size();
  for (std::size_t taken = 0; take_one(rest, events, taken);) rest.remove_prefix(taken);
  inbox.drop(before - rest.size());
}

// One unit of the protocol; false when it is not whole yet.
bool NatsLink::take_one(std::string_view bytes, Events& events, std::size_t& taken) {
  const std::size_t line_size = bytes.find('\n');
  if (line_size == std::string_view::npos) return false;
  const std::string_view line = bytes.substr(0, line_size - 1);
  taken = line_size + 1;
  if (line.starts_with("MSG ")) {
    const Words words = split(line);
    const std::size_t size = to_number(words.word[words.count - 1]);
    if (bytes.size() < taken + size + kLineEnd.size()) return false;
    const std::string_view body = bytes.substr(taken, size);
    taken += size + kLineEnd.size();
    if (!confirms_) {
      if (words.count == 5) reply_ = words.word[3];
      events.on_event(body);
    } else if (body.starts_with("{\"stream\":")) {
      events.on_confirmed(1);
    } else {
      fail("not confirmed: {}", body);
    }
    return true;
  }
  if (line == "PONG") {
    ++pongs_;
  } else if (line == "PING") {
    send("PONG\r\n");
  } else if (!line.starts_with("INFO ") && line != "+OK") {
    fail("NATS says: {}", line);
  }
  return true;
}

std::string NatsLink::acknowledgement() const {
  return fmt::format("PUB {} 4\r\n+ACK\r\n", reply_);
}

void NatsPeer::set_up(std::size_t queues) {
  tear_down(queues);
  NatsLink link(port_);
  link.request(fmt::format("$JS.API.STREAM.CREATE.{}", kStream),
               fmt::format("{{\"name\":\"{}\",\"subjects\":[\"bench.>\"],\"storage\":\"file\","
                           "\"retention\":\"limits\",\"num_replicas\":1}}",
                           kStream));
}

void NatsPeer::tear_down(std::size_t) {
  NatsLink(port_).request(fmt::format("$JS.API.STREAM.DELETE.{}", kStream), "", true);
}

std::unique_ptr<Link> NatsPeer::publisher(std::size_t) {
  auto link = std::make_unique<NatsLink>(port_);
  link->expect_confirms();
  link->send(fmt::format("SUB {} 1\r\n", kConfirmsSubject));
  return link;
}

std::unique_ptr<Link> NatsPeer::consumer(std::size_t queue, std::size_t prefetch) {
  auto link = std::make_unique<NatsLink>(port_);
  const std::string name = fmt::format("consumer{}", queue);
  // The consumer is made by another connection: this one may receive events at once.
  link->send(fmt::format("SUB _DELIVER.{} 2\r\n", name));
  link->settle();
  NatsLink(port_).request(
      fmt::format("$JS.API.CONSUMER.DURABLE.CREATE.{}.{}", kStream, name),
      fmt::format("{{\"stream_name\":\"{}\",\"config\":{{\"durable_name\":\"{}\","
                  "\"deliver_subject\":\"_DELIVER.{}\",\"deliver_policy\":\"all\","
                  "\"ack_policy\":\"all\",\"ack_wait\":60000000000,\"max_ack_pending\":{},"
                  "\"replay_policy\":\"instant\"}}}}",
                  kStream, name, name, prefetch));
  return link;
}

std::unique_ptr<Link> NatsPeer::idle() {
  return std::make_unique<NatsLink>(port_);
}

}  // namespace bb::bench::nats
