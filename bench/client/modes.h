// The measurements of client_bench: each prints one JSON object, but for reconnect.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bb::bench {

struct Job {
  std::vector<std::string> urls;
  std::string exchange = "bench";
  std::string queue = "bench";
  std::uint64_t count = 100'000;
  std::uint64_t window = 1000;  // unconfirmed, or not acknowledged, at a time
  std::uint64_t body_bytes = 600;
  long stalled_pid = 0;  // a broker's, to be stopped meanwhile
};

int publish(const Job& job);                // client::Publisher
int publish_by_rabbitmq_c(const Job& job);  // the same messages and window
int receive(const Job& job);                // a channel, acknowledging for 250 at a time
int handle(const Job& job);                 // client::Subscriber
int latency(const Job& job);                // one message at a time, confirmed
int stall(const Job& job);      // what a publisher holds before a broker that stands still
int reconnect(const Job& job);  // "confirmed <ms>" or "lost <ms>" a line, on the monotonic clock

}  // namespace bb::bench
