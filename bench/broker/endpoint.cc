#include "broker/endpoint.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "broker/support.h"

namespace bb::bench {
namespace {

constexpr std::size_t kBatchEvents = 256;
constexpr int kSilenceMsMax = 60'000;

}  // namespace

void EventText::write(char* body, std::uint64_t number) const {
  for (std::size_t digit = kNumberDigits; digit > 0; --digit, number /= 10) {
    body[number_offset + digit - 1] = static_cast<char>('0' + number % 10);
  }
}

std::uint64_t EventText::read(std::string_view body) const {
  if (body.size() != text.size()) fail("a body of {} bytes", body.size());
  std::uint64_t number = 0;
  for (const char digit : body.substr(number_offset, kNumberDigits)) {
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

EventBuffer::EventBuffer(const Link& link, std::size_t capacity, MaybeText text)
    : text_(std::move(text)) {
  Link::Template event = link.publish_template(text_ ? text_->text.size() : kBodyBytes);
  event_bytes_ = event.bytes.size();
  body_offset_ = event.body_offset;
  if (text_) {
    text_->text.copy(event.bytes.data() + body_offset_, text_->text.size());
  } else {
    fill(event.bytes.data() + body_offset_);
  }
  bytes_.reserve(event_bytes_ * capacity);
  for (std::size_t i = 0; i < capacity; ++i) bytes_ += event.bytes;
}

void EventBuffer::fill(char* body) {
  // Text that compresses no better than an envelope does.
  std::uint64_t state = 88172645463325252u;
  for (std::size_t i = sizeof(Stamp); i < kBodyBytes; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    body[i] = static_cast<char>('a' + state % 26);
  }
}

void EventBuffer::stamp(std::size_t index, Stamp stamp) {
  char* const body = bytes_.data() + index * event_bytes_ + body_offset_;
  if (text_) return text_->write(body, stamp.number);
  std::memcpy(body, &stamp, sizeof stamp);
}

void Endpoint::on_readable() {
  // Until the socket has less than was asked for, or the others wait too long.
  if (link_->inbox.receive(link_->socket.get(), false)) take();
}

void Endpoint::on_confirmed(std::uint64_t) {
  fail("a confirm for a consumer");
}
void Endpoint::on_event(std::string_view) {
  fail("an event for a publisher");
}

Publisher::Publisher(std::unique_ptr<Link> link, std::uint64_t events, std::uint64_t window,
                     MaybeText text)
    : Endpoint(std::move(link)),
      events_(events),
      window_(window),
      chunk_(std::max<std::uint64_t>(1, std::min<std::uint64_t>(kBatchEvents, window / 8))),
      buffer_(this->link(), kBatchEvents, std::move(text)) {}

bool Publisher::pump() {
  for (;;) {
    if (unsent_.empty()) {
      const std::uint64_t left = events_ - sent_;
      const std::uint64_t room = std::min(window_ - (sent_ - confirmed_), left);
      if (room == 0 || room < std::min(chunk_, left)) return false;
      const std::size_t count = std::min<std::size_t>(room, kBatchEvents);
      for (std::size_t i = 0; i < count; ++i) buffer_.stamp(i, {sent_ + i, 0});
      sent_ += count;
      unsent_ = buffer_.first(count);
    }
    const std::size_t taken = send_some(link().socket.get(), unsent_);
    if (taken == 0) return true;
    unsent_.remove_prefix(taken);
  }
}

void Publisher::on_confirmed(std::uint64_t count) {
  confirmed_ += count;
  if (confirmed_ > sent_) fail("{} events confirmed, {} sent", confirmed_, sent_);
}

Consumer::Consumer(std::unique_ptr<Link> link, std::uint64_t events,
                   std::uint64_t acknowledge_every, MaybeText text)
    : Endpoint(std::move(link)),
      events_(events),
      acknowledge_every_(acknowledge_every),
      text_(std::move(text)) {}

void Consumer::take() {
  Endpoint::take();
  if (unacknowledged_ >= acknowledge_every_ || (received_ == events_ && unacknowledged_ > 0)) {
    send_all(link().socket.get(), link().acknowledgement());
    unacknowledged_ = 0;
  }
}

void Consumer::on_event(std::string_view body) {
  Stamp stamp{};
  if (text_) {
    stamp.number = text_->read(body);
  } else {
    if (body.size() != kBodyBytes) fail("a body of {} bytes", body.size());
    std::memcpy(&stamp, body.data(), sizeof stamp);
  }
  if (stamp.number != received_) fail("event {} came where {} was due", stamp.number, received_);
  if (stamp.sent_ns != 0) latencies_ns_.push_back(now_ns() - stamp.sent_ns);
  ++received_;
  ++unacknowledged_;
  if (received_ > events_) fail("more events than were published");
}

void run(const std::vector<Endpoint*>& endpoints) {
  std::vector<pollfd> entries(endpoints.size());
  // What came with the answer to basic.consume.
  for (Endpoint* endpoint : endpoints) endpoint->take();
  for (;;) {
    bool all_done = true;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      const bool full = endpoints[i]->pump();
      const bool done = endpoints[i]->done();
      all_done = all_done && done;
      entries[i] = {done ? -1 : endpoints[i]->link().socket.get(),
                    static_cast<short>(full ? POLLIN | POLLOUT : POLLIN), 0};
    }
    if (all_done) return;
    const int ready = ::poll(entries.data(), entries.size(), kSilenceMsMax);
    if (ready == 0) fail("nothing came for {} s", kSilenceMsMax / 1000);
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      if ((entries[i].revents & ~POLLOUT) != 0) endpoints[i]->on_readable();
    }
  }
}

}  // namespace bb::bench
