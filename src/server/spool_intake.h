// Takes in what publishers of this machine put into their spools while no broker answered them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "broker/broker.h"
#include "broker/log_storage.h"

namespace bb::server {

// The spools are those of `localhost` and this port in the data directory, one for each virtual
// host (client/spool_place.h). Their events are published as their user's: who can write there can
// read and change what the broker has on disk. An entry leaves its spool once the broker's storage
// has it for certain; what the broker refuses is set aside there, as `bb spool flush` does it.
//
// On the broker's executor, but for what blocks: that runs on a thread of its own, which is there
// while there is something to take in. Pauses while publishers are held back.
class SpoolIntake {
 public:
  // Both outlive it.
  SpoolIntake(boost::asio::any_io_executor executor, broker::Broker& broker,
              const broker::Storage& storage);
  ~SpoolIntake();

  // Before the first tick().
  void start(std::string data_dir, std::uint16_t port);
  // About once a second: looks whether there is something.
  void tick();
  // What was taken in and is not done with comes again after the next start.
  void stop();

 private:
  struct Run;

  boost::asio::any_io_executor executor_;
  broker::Broker& broker_;
  const broker::Storage& storage_;
  std::string data_dir_;  // empty before start()
  std::uint16_t port_ = 0;
  std::unique_ptr<boost::asio::thread_pool> pool_;  // of running_
  std::shared_ptr<Run> running_;                    // null: nothing is being taken in
};

}  // namespace bb::server
