// For long: a publisher at a steady rate, one consumer that stays and one that comes and goes.
#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <random>
#include <thread>

#include "broker/endpoint.h"
#include "broker/modes.h"
#include "broker/peer.h"

namespace bb::bench {
namespace {

constexpr std::size_t kStays = 0;  // the queue of the consumer that stays
constexpr std::size_t kComesAndGoes = 1;
constexpr std::size_t kQueues = 2;
constexpr std::uint64_t kPrefetch = 2000;
constexpr std::uint64_t kAcknowledgeEvery = 250;
constexpr std::uint64_t kTimedEvery = 16;  // of the events whose latency is kept
constexpr std::uint64_t kTickNs = 1'000'000;
constexpr int kPollMs = 100;

struct Shared {
  std::atomic<bool> published_all = false;
  std::atomic<std::uint64_t> published = 0;
  std::atomic<std::uint64_t> confirmed = 0;
  std::atomic<std::uint64_t> visits = 0;
  std::atomic<std::uint64_t> redelivered = 0;
  std::atomic<std::uint64_t> received[kQueues] = {};
  std::mutex mutex;
  std::vector<std::uint64_t> latencies_ns;
};

// Every event of its queue in order; an event may come again when its consumer had left, and
// none may be missing.
class SoakConsumer final : public Endpoint {
 public:
  SoakConsumer(std::unique_ptr<Link> link, Shared& shared, std::size_t queue, std::uint64_t next)
      : Endpoint(std::move(link)), shared_(shared), queue_(queue), next_(next) {}

  bool done() const override { return false; }
  std::uint64_t next() const { return next_; }

  void take() override {
    Endpoint::take();
    if (unacknowledged_ >= kAcknowledgeEvery) acknowledge();
    if (latencies_ns_.empty()) return;
    const std::lock_guard lock(shared_.mutex);
    shared_.latencies_ns.insert(shared_.latencies_ns.end(), latencies_ns_.begin(),
                                latencies_ns_.end());
    latencies_ns_.clear();
  }

  void acknowledge() {
    if (unacknowledged_ == 0) return;
    send_all(link().socket.get(), link().acknowledgement());
    unacknowledged_ = 0;
  }

  void on_event(std::string_view body) override {
    Stamp stamp{};
    if (body.size() != kBodyBytes) fail("a body of {} bytes", body.size());
    std::memcpy(&stamp, body.data(), sizeof stamp);
    ++unacknowledged_;
    if (stamp.number < next_ && queue_ == kComesAndGoes && !caught_up_) {
      ++shared_.redelivered;
      return;
    }
    caught_up_ = true;
    if (stamp.number != next_) {
      fail("queue {}: event {} came where {} was due", queue_, stamp.number, next_);
    }
    ++next_;
    shared_.received[queue_].store(next_, std::memory_order_relaxed);
    if (queue_ == kStays && stamp.number % kTimedEvery == 0) {
      latencies_ns_.push_back(now_ns() - stamp.sent_ns);
    }
  }

  // Until `deadline_ns`, or until all that was published is here.
  void consume_until(std::uint64_t deadline_ns) {
    take();
    while (now_ns() < deadline_ns) {
      if (shared_.published_all && next_ == shared_.published) return acknowledge();
      pollfd entry{link().socket.get(), POLLIN, 0};
      if (::poll(&entry, 1, kPollMs) == 0) {
        acknowledge();
      } else {
        on_readable();
      }
    }
  }

 private:
  Shared& shared_;
  const std::size_t queue_;
  std::uint64_t next_;
  std::uint64_t unacknowledged_ = 0;
  bool caught_up_ = false;
  std::vector<std::uint64_t> latencies_ns_;
};

class ConfirmCount final : public Events {
 public:
  explicit ConfirmCount(Shared& shared) : shared_(shared) {}
  void on_confirmed(std::uint64_t count) override { shared_.confirmed += count; }
  void on_event(std::string_view) override { fail("an event for a publisher"); }

 private:
  Shared& shared_;
};

// A batch every millisecond.
void publish(Peer& peer, Shared& shared, std::uint64_t rate, std::uint64_t end_ns) {
  prctl(PR_SET_TIMERSLACK, 1);
  const auto link = peer.publisher(kQueues);
  const std::size_t batch_max = std::max<std::uint64_t>(1, rate * 4 / 1000);
  EventBuffer buffer(*link, batch_max);
  ConfirmCount confirms(shared);
  const std::uint64_t begin = now_ns();
  std::uint64_t number = 0;
  for (std::uint64_t now = begin; now < end_ns; now = now_ns()) {
    const std::uint64_t due = (now - begin) / 1'000 * rate / 1'000'000;
    const std::size_t count = std::min<std::uint64_t>(due - number, batch_max);
    for (std::size_t i = 0; i < count; ++i) buffer.stamp(i, {number + i, now});
    send_all(link->socket.get(), buffer.first(count));
    number += count;
    shared.published = number;
    while (link->inbox.receive(link->socket.get(), false)) link->parse(confirms);
    if (due == number) {
      const timespec pause{0, kTickNs};
      nanosleep(&pause, nullptr);
    }
  }
  while (shared.confirmed < number) {
    link->inbox.receive(link->socket.get(), true);
    link->parse(confirms);
  }
  shared.published_all = true;
}

// Visits of up to two seconds, with breaks as long; it leaves what it has not acknowledged.
void come_and_go(Peer& peer, Shared& shared, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto span_ns = [&] { return 50'000'000 + random() % 1'950'000'000; };
  std::uint64_t next = 0;
  while (!(shared.published_all && next == shared.published)) {
    {
      SoakConsumer consumer(peer.consumer(kComesAndGoes, kPrefetch), shared, kComesAndGoes, next);
      const bool last = shared.published_all;
      consumer.consume_until(last ? UINT64_MAX : now_ns() + 2 * span_ns());
      next = consumer.next();
    }
    ++shared.visits;
    if (!shared.published_all) {
      std::this_thread::sleep_for(std::chrono::nanoseconds(span_ns() / 2));
    }
  }
}

void report(Shared& shared, std::uint64_t begin_ns) {
  std::vector<std::uint64_t> times;
  {
    const std::lock_guard lock(shared.mutex);
    times.swap(shared.latencies_ns);
  }
  const std::uint64_t published = shared.published;
  const std::uint64_t received = std::min<std::uint64_t>(shared.received[kComesAndGoes], published);
  fmt::print(
      "{{\"seconds\": {:.1f}, \"published\": {}, \"confirmed\": {}, \"waiting\": {}, "
      "\"visits\": {}, \"redelivered\": {}, \"p50_us\": {:.1f}, \"p99_us\": {:.1f}}}\n",
      seconds_since(begin_ns), published, shared.confirmed.load(), published - received,
      shared.visits.load(), shared.redelivered.load(), quantile(times, 0.5) / 1e3,
      quantile(times, 0.99) / 1e3);
  std::fflush(stdout);
}

}  // namespace

void soak(Arguments& arguments) {
  const auto peer = make_peer(arguments.text("peer", "classic"),
                              static_cast<std::uint16_t>(arguments.number("port", 5672)));
  const std::uint64_t rate = arguments.number("rate", 10'000);
  const std::uint64_t seconds = arguments.number("seconds", 60);
  const std::uint64_t every = arguments.number("every", 10);
  const std::uint64_t seed = arguments.number("seed", 1);
  arguments.finish();
  peer->set_up(kQueues);
  Shared shared;
  const std::uint64_t begin = now_ns();
  const std::uint64_t end = begin + seconds * 1'000'000'000;
  std::thread stays([&] {
    SoakConsumer consumer(peer->consumer(kStays, kPrefetch), shared, kStays, 0);
    consumer.consume_until(UINT64_MAX);
    consumer.link().settle();
  });
  std::thread comes_and_goes([&] { come_and_go(*peer, shared, seed); });
  std::thread publishing([&] { publish(*peer, shared, rate, end); });
  for (std::uint64_t due = begin + every * 1'000'000'000; due <= end;
       due += every * 1'000'000'000) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(due - std::min(due, now_ns())));
    report(shared, begin);
  }
  publishing.join();
  stays.join();
  comes_and_goes.join();
  report(shared, begin);
  peer->tear_down(kQueues);
}

}  // namespace bb::bench
