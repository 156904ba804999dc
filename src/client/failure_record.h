// What the headers of failure_headers.h say of a message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "amqp/field_table.h"
#include "amqp/properties.h"
#include "bloodbank/time.h"
#include "client/message.h"

namespace bb::client {

struct FailureRecord {
  FailureRecord() = default;  // no aggregate: see channel.h

  // What it was published with: of a message that has not failed yet, as it was delivered.
  std::string exchange;
  std::string routing_key;
  std::size_t attempts = 0;   // that failed
  std::size_t deferrals = 0;  // that asked to be made again later
  std::size_t redrives = 0;   // how often it was sent back from the dead letters
  std::string first_failed_at;

  static FailureRecord of(const Delivery& delivery);
};

// One more attempt that failed, or asked to be made again later.
struct Failure {
  std::string_view queue;
  std::string_view consumer;
  std::string_view error;  // whatever it is; cut and made one line
  Timestamp at{};
  bool deferred = false;
  std::optional<std::string_view> reason = {};  // of a dead letter
};

// The headers of `delivery` with what has become of it. Its other headers stay, but for those in
// which a broker counts deaths (x-death): a message that goes round by way of a delay queue would
// collect them, and be dropped for going round.
amqp::FieldTable failure_headers(const Delivery& delivery, const FailureRecord& before,
                                 const Failure& failure);

}  // namespace bb::client
