// Remembers which events were handled, so that what comes twice is handled once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "bloodbank/result.h"

namespace bb::client {

enum class Claim : std::uint8_t {
  kNew,   // it is ours to handle
  kDone,  // it was handled within the window
  kBusy,  // somebody else is at it: ask again later
};

// Several consumers of one service share what it knows; a claim of one that died runs out. Used on
// one executor.
class Deduplicator {
 public:
  virtual ~Deduplicator() = default;

  virtual boost::asio::awaitable<Result<Claim>> claim(std::string event_id) = 0;
  // After kNew: the event is handled, durably so.
  virtual boost::asio::awaitable<Result<void>> done(std::string event_id) = 0;
  // After kNew: it is not, and somebody may claim it again.
  virtual boost::asio::awaitable<Result<void>> release(std::string event_id) = 0;
};

}  // namespace bb::client
