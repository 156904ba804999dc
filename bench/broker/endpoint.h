// Publishers with a window of confirms and consumers with acks in batches, and the loop that
// runs several of them on one thread.
#pragma once

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/peer.h"

namespace bb::bench {

constexpr std::size_t kBodyBytes = 600;

// The beginning of each body: its number, and when it was sent.
struct Stamp {
  std::uint64_t number;
  std::uint64_t sent_ns;
};

// A body that a broker reads, in place of one that begins with a Stamp: the number of the event
// stands in it as kNumberDigits digits.
struct EventText {
  static constexpr std::size_t kNumberDigits = 12;

  std::string text;
  std::size_t number_offset;

  void write(char* body, std::uint64_t number) const;
  std::uint64_t read(std::string_view body) const;
};
using MaybeText = std::optional<EventText>;

// Publishes of one link, made once; only the stamps are written for each event.
class EventBuffer {
 public:
  EventBuffer(const Link& link, std::size_t capacity, MaybeText text = {});

  void stamp(std::size_t index, Stamp stamp);
  std::string_view first(std::size_t count) const {
    return std::string_view(bytes_).substr(0, count * event_bytes_);
  }
  std::size_t capacity() const { return bytes_.size() / event_bytes_; }

 private:
  static void fill(char* body);

  std::size_t event_bytes_;
  std::size_t body_offset_;
  MaybeText text_;
  std::string bytes_;
};

class Endpoint : public Events {
 public:
  explicit Endpoint(std::unique_ptr<Link> link) : link_(std::move(link)) {}

  virtual bool done() const = 0;
  // Sends what may be sent now. True when the socket took less than that.
  virtual bool pump() { return false; }
  // Parses what is here already.
  virtual void take() { link_->parse(*this); }
  void on_readable();

  void on_confirmed(std::uint64_t) override;
  void on_event(std::string_view) override;

  Link& link() { return *link_; }

 private:
  std::unique_ptr<Link> link_;
};

// Publishes the events `0` to `events` - 1, at most `window` of them not confirmed.
class Publisher final : public Endpoint {
 public:
  Publisher(std::unique_ptr<Link> link, std::uint64_t events, std::uint64_t window,
            MaybeText text = {});

  bool done() const override { return confirmed_ == events_; }
  bool pump() override;
  void on_confirmed(std::uint64_t count) override;

 private:
  std::uint64_t events_;
  std::uint64_t window_;
  std::uint64_t chunk_;  // it is not worth a write to send fewer, unless they are the last
  std::uint64_t sent_ = 0;
  std::uint64_t confirmed_ = 0;
  EventBuffer buffer_;
  std::string_view unsent_;
};

// Expects the events `0` to `events` - 1, each once and in order: anything else is a failure.
class Consumer final : public Endpoint {
 public:
  Consumer(std::unique_ptr<Link> link, std::uint64_t events, std::uint64_t acknowledge_every,
           MaybeText text = {});

  bool done() const override { return received_ == events_ && unacknowledged_ == 0; }
  void take() override;
  void on_event(std::string_view body) override;
  // From the send of each event to here, for those that carry a time.
  std::vector<std::uint64_t>& latencies_ns() { return latencies_ns_; }

 private:
  std::uint64_t events_;
  std::uint64_t acknowledge_every_;
  std::uint64_t received_ = 0;
  std::uint64_t unacknowledged_ = 0;
  MaybeText text_;
  std::vector<std::uint64_t> latencies_ns_;
};

// Until all are done. A minute without anything is a failure.
void run(const std::vector<Endpoint*>& endpoints);

}  // namespace bb::bench
