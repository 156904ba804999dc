// Ways to a broker for tests: over a socket, or straight into a broker in this process.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "broker/options.h"

namespace bb::test {

// One client's line to a broker.
class Transport {
 public:
  enum class Event { kBytes, kClosed, kQuiet };

  virtual ~Transport() = default;

  // To a broker that has closed the line it does nothing: reading will tell.
  virtual void send(ByteView bytes) = 0;
  // Waits until bytes come, which it appends, or the broker closes the line. kQuiet when neither
  // happened in a time far above what any broker needs.
  virtual Event receive(std::string& into) = 0;
  // Drops the line without saying goodbye.
  virtual void drop() = 0;
};

// A broker that transports can be made to.
class TestBroker {
 public:
  virtual ~TestBroker() = default;
  virtual std::unique_ptr<Transport> connect() = 0;
};

// The sans-io core with a simulated clock: waiting costs no time, and every receive() sees
// all that can happen without time passing. Transports must not outlive it.
std::unique_ptr<TestBroker> make_core_broker(const broker::Options& options = {});

// The broker of an AMQP URL. Throws std::runtime_error for one that cannot be used; connect()
// throws when nobody answers.
std::unique_ptr<TestBroker> make_tcp_broker(const std::string& url);

}  // namespace bb::test
