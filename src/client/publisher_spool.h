// The spool of a publisher: where its messages go while no broker is there.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <span>
#include <string>

#include "bloodbank/result.h"
#include "client/connection.h"
#include "client/message.h"
#include "client/spool_entry.h"

namespace bb::client {

// On one executor; not thread-safe. append() blocks it for the length of a sync of the disk.
class PublisherSpool {
 public:
  // `folder`: see spool_place.h. `on_trouble` is told of what somebody should look at: a spool that
  // is damaged, events that the broker refused; `on_published` of what left it.
  PublisherSpool(std::string folder, std::function<void(const Error&)> on_trouble,
                 std::function<void(const SpoolEntry&)> on_published)
      : folder_(std::move(folder)),
        on_trouble_(std::move(on_trouble)),
        on_published_(std::move(on_published)) {}

  bool is_empty() const;

  // All of them, durably, or none. Errors: those of Spool::append().
  Result<void> append(std::span<const OutgoingMessage> messages);

  // Publishes what waits, in order, until nothing does; waits for another process that is at it.
  // Damage is told, and is no error; an error is the connection's. The object outlives it.
  // `declared` is an exchange that is there.
  boost::asio::awaitable<Result<void>> drain(Connection& connection, const std::string& declared);

 private:
  boost::asio::awaitable<Result<bool>> drain_once(Connection& connection,
                                                  const std::string& declared);
  void tell(const Error& error) const {
    if (on_trouble_) on_trouble_(error);
  }

  const std::string folder_;
  const std::function<void(const Error&)> on_trouble_;
  const std::function<void(const SpoolEntry&)> on_published_;
};

}  // namespace bb::client
