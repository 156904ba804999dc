// Makes guessing passwords slow: what a refused log-in has to wait for its answer.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "broker/options.h"

namespace bb::broker {

// Counts the refusals of each address, for as many addresses as login_peers_max.
class LoginThrottle {
 public:
  explicit LoginThrottle(const Options& options) : options_(options) {}

  // A log-in from `peer` ("10.0.0.1:40112"; the port does not matter) was refused. How long its
  // answer is to be held back: login_refusal_delay for the first, that much more for each one after
  // it, until the address has kept quiet for login_memory.
  std::chrono::milliseconds refused(std::string_view peer, TimePoint now);

  // Since the start of the broker.
  std::uint64_t refused_count() const { return refused_count_; }
  std::size_t address_count() const { return addresses_.size(); }

 private:
  struct Refusals {
    std::uint32_t count = 0;
    TimePoint last;
  };
  void make_room(TimePoint now);

  const Options& options_;
  std::unordered_map<std::string, Refusals> addresses_;
  std::uint64_t refused_count_ = 0;
};

}  // namespace bb::broker
