#include "broker/amqp_link.h"

#include "broker/support.h"

namespace bb::bench::amqp {
namespace {

constexpr std::uint16_t kChannel = 1;
constexpr std::uint32_t kFrameBytesMax = 131'072;
constexpr std::uint64_t kDeliveryModeAndContentType = 0x9000;
constexpr std::uint64_t kPersistent = 2;

// The first frame of `bytes` when it is whole; otherwise empty.
std::string_view first_frame(std::string_view bytes) {
  if (bytes.size() <= kFrameHeaderBytes) return {};
  const std::size_t size = kFrameHeaderBytes + read_u32(bytes.data() + 3) + 1;
  return bytes.size() < size ? std::string_view() : bytes.substr(0, size);
}

std::string_view payload_of(std::string_view frame) {
  return frame.substr(kFrameHeaderBytes, frame.size() - kFrameHeaderBytes - 1);
}

[[noreturn]] void fail_closed(std::string_view payload) {
  const auto length = static_cast<unsigned char>(payload[6]);
  fail("the broker says: {}", payload.substr(7, length));
}

}  // namespace

AmqpLink::AmqpLink(std::uint16_t port) : Link(connect_loopback(port)) {
  send_all(socket.get(), std::string_view("AMQP\x00\x00\x09\x01", 8));
  wait_for(kConnectionStart);
  Fields start_ok;
  start_ok.table({{"product", "broker_bench"}});
  start_ok.short_text("PLAIN").long_text(std::string_view("\0guest\0guest", 12));
  start_ok.short_text("en_US");
  send_all(socket.get(), method(0, kConnectionStartOk, start_ok));
  wait_for(kConnectionTune);
  Fields tune_ok;
  tune_ok.u16(16).u32(kFrameBytesMax).u16(0);
  send_all(socket.get(), method(0, kConnectionTuneOk, tune_ok));
  Fields open;
  open.short_text("/").short_text("").u8(0);
  send_all(socket.get(), method(0, kConnectionOpen, open));
  wait_for(kConnectionOpenOk);
}

void AmqpLink::open_channel() {
  call(kChannelOpen, Fields().short_text(""), kChannelOpenOk);
}

std::string AmqpLink::call(MethodId request, const Fields& arguments, MethodId answer) {
  send_all(socket.get(), method(kChannel, request, arguments));
  return wait_for(answer);
}

void AmqpLink::call_many(std::string_view methods, std::size_t count, MethodId answer) {
  send_all(socket.get(), methods);
  for (std::size_t i = 0; i < count; ++i) wait_for(answer);
}

std::string AmqpLink::wait_for(MethodId answer) {
  std::string_view next;
  while ((next = first_frame(inbox.bytes())).empty()) inbox.receive(socket.get(), true);
  const std::string_view payload = payload_of(next);
  const std::uint32_t id = read_u32(payload.data());
  if (id == kConnectionClose || id == kChannelClose) fail_closed(payload);
  if (next[0] != kMethodFrame || id != answer) {
    fail("method {}.{} came where {}.{} was due", id >> 16, id & 0xFFFF, answer >> 16,
         answer & 0xFFFF);
  }
  std::string arguments(payload.substr(4));
  inbox.drop(next.size());
  return arguments;
}

void AmqpLink::publish_to(std::string exchange, std::string routing_key) {
  exchange_ = std::move(exchange);
  routing_key_ = std::move(routing_key);
}

Link::Template AmqpLink::publish_template(std::size_t body_bytes) const {
  Fields publish;
  publish.u16(0).short_text(exchange_).short_text(routing_key_).u8(0);
  Fields header;
  header.u16(60).u16(0).u64(body_bytes).u16(kDeliveryModeAndContentType);
  header.short_text("application/json").u8(kPersistent);
  std::string bytes = method(kChannel, kBasicPublish, publish) +
                      frame(kHeaderFrame, kChannel, header.bytes()) +
                      frame(kBodyFrame, kChannel, std::string(body_bytes, ' '));
  const std::size_t body_offset = bytes.size() - 1 - body_bytes;
  return {std::move(bytes), body_offset};
}

void AmqpLink::parse(Events& events) {
  std::string_view rest = inbox.bytes();
  const std::size_t before = rest.size();
  for (std::string_view next; !(next = first_frame(rest)).empty();
       rest.remove_prefix(next.size())) {
    if (next.back() != kFrameEnd) fail("a frame without its end");
    const std::string_view payload = payload_of(next);
    if (next[0] == kBodyFrame) {
      if (payload.size() != body_bytes_expected_) fail("a body in several frames");
      received_tag_ = delivery_tag_;
      events.on_event(payload);
    } else if (next[0] == kHeaderFrame) {
      body_bytes_expected_ = read_u64(payload.data() + 4);
    } else if (next[0] == kMethodFrame) {
      on_method(payload, events);
    }
  }
  inbox.drop(before - rest.size());
}

void AmqpLink::on_method(std::string_view payload, Events& events) {
  const char* bytes = payload.data();
  switch (const std::uint32_t id = read_u32(bytes); id) {
    case kBasicDeliver:
      delivery_tag_ = read_u64(bytes + 5 + static_cast<unsigned char>(bytes[4]));
      return;
    case kBasicAck:
      events.on_confirmed(confirm(read_u64(bytes + 4), (bytes[12] & 1) != 0));
      return;
    case kConnectionClose:
    case kChannelClose:
      fail_closed(payload);
    case kConnectionBlocked:
    case kConnectionUnblocked:
      return;
    default:
      fail("method {}.{}, which means that an event was refused or a queue is gone", id >> 16,
           id & 0xFFFF);
  }
}

// How many events this confirms that were not before.
std::uint64_t AmqpLink::confirm(std::uint64_t tag, bool multiple) {
  if (tag < confirmed_below_ || confirmed_ahead_.contains(tag)) {
    fail("event {} is confirmed twice", tag);
  }
  if (!multiple && tag != confirmed_below_) {
    confirmed_ahead_.insert(tag);
    return 1;
  }
  std::uint64_t count = tag - confirmed_below_ + 1;
  confirmed_below_ = tag + 1;
  while (!confirmed_ahead_.empty() && *confirmed_ahead_.begin() <= confirmed_below_) {
    const std::uint64_t ahead = *confirmed_ahead_.begin();
    if (ahead == confirmed_below_) {
      ++confirmed_below_;
    } else {
      --count;  // it was counted when it came
    }
    confirmed_ahead_.erase(confirmed_ahead_.begin());
  }
  return count;
}

std::string AmqpLink::acknowledgement() const {
  return method(kChannel, kBasicAck, Fields().u64(received_tag_).u8(1));
}

void AmqpLink::settle() {
  call(kBasicQos, Fields().u32(0).u16(1).u8(0), kBasicQosOk);
}

}  // namespace bb::bench::amqp
