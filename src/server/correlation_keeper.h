// What caused what, kept from the history of the events exchange.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bloodbank/result.h"
#include "broker/broker.h"
#include "broker/storage.h"
#include "correlation/event_reader.h"
#include "correlation/link_database.h"
#include "server/history_batch.h"

namespace bb::server {

// Reads the history as it grows and records links, and where in it each event is, into a file of
// SQLite, which also says how far it has come: after a crash it goes on from there. What is not
// durable in the log yet waits, so that links are those of events whose publishers were told that
// they are safe.
//
// The event loop copies messages out of the log, for a small part of its time while the bus is
// busy, and all of it while it is not; parsing and SQLite are on a thread of low priority. So it
// falls behind under load and catches up afterwards. What leaves the history before it was read is
// given up, and logged.
//
// On the broker's executor. Destroyed after the executor has stopped, before its context.
class CorrelationKeeper {
 public:
  struct Options {
    std::string path;
    std::chrono::seconds ttl = correlation::kDefaultTtl;
  };

  // All outlive it.
  CorrelationKeeper(boost::asio::io_context& context, broker::Broker& broker,
                    broker::Storage& storage, Options options);
  ~CorrelationKeeper();

  // Opens the file, beside the event loop. If it cannot be used, that is logged, and an error of
  // all calls below.
  void start();
  // What is read is recorded; nothing more is.
  void stop();

  // Waits until all that was published by now is recorded, but not longer than a busy bus lets it;
  // how many events are missing then.
  boost::asio::awaitable<std::uint64_t> catch_up();

  boost::asio::awaitable<Result<correlation::Graph>> walk(Uuid event,
                                                          correlation::Direction direction,
                                                          correlation::WalkLimits limits);
  boost::asio::awaitable<Result<correlation::Neighbours>> neighbours(Uuid event);
  boost::asio::awaitable<Result<correlation::Link>> add(correlation::Link more);

  // The bodies of events, in their order, as far as the history has them; "" otherwise. Stops
  // before the first that would make them more than `bytes_max` in all, unless it is the first.
  boost::asio::awaitable<Result<std::vector<std::string>>> bodies(std::vector<Uuid> events,
                                                                  std::size_t bytes_max);

  struct Status {
    bool has_history = false;
    std::uint64_t next_offset = 0;  // of the history, that is not recorded yet
    std::uint64_t behind = 0;       // events of it that are not
    std::uint64_t recorded = 0;     // links, since the start
  };
  Status status() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Recorded {
    std::uint64_t links = 0;
  };

  static boost::asio::awaitable<void> follow(CorrelationKeeper* self);
  Result<void> open_files();
  // Until the file is open.
  boost::asio::awaitable<Result<void>> opened();
  boost::asio::awaitable<bool> record_some();
  boost::asio::awaitable<void> prune();
  boost::asio::awaitable<void> pause(Clock::duration duration);
  const broker::Queue* history() const;
  // Where to go on in `queue`.
  void find_place(const broker::Queue& queue);
  HistoryBatch read_batch(const broker::Queue& queue);
  Result<Recorded> record(const HistoryBatch& batch, correlation::LinkDatabase::Progress progress);
  Clock::duration pause_after(Clock::duration work);
  // Events of `queue` that are not recorded, of those before `end`.
  std::uint64_t missing(const broker::Queue& queue, std::uint64_t end) const;

  boost::asio::io_context& context_;
  broker::Broker& broker_;
  broker::Storage& storage_;
  broker::MemoryGauge memory_;  // of a message while it is copied
  const Options options_;
  std::optional<Result<void>> opened_;
  // Each of its thread, while that runs.
  std::unique_ptr<correlation::LinkDatabase> writing_;
  std::unique_ptr<correlation::LinkDatabase> reading_;
  correlation::EventReader event_reader_;  // of the writing thread

  // What the file said at the start, and what was recorded since.
  std::optional<correlation::LinkDatabase::Progress> recorded_to_;
  std::optional<std::uint64_t> stream_;  // the history's number, once it is known
  std::uint64_t next_offset_ = 0;        // to be read next
  std::uint64_t recorded_ = 0;
  bool failing_ = false;
  bool stopping_ = false;
  std::size_t waiting_ = 0;  // in catch_up()
  std::uint64_t published_seen_ = 0;
  Clock::time_point published_seen_at_{};
  Clock::time_point prune_at_{};
  boost::asio::steady_timer timer_;  // between two looks
  boost::asio::thread_pool write_thread_{1};
  boost::asio::thread_pool read_thread_{1};
};

}  // namespace bb::server
