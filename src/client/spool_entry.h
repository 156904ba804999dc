// An event in the spool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bloodbank/time.h"
#include "client/message.h"
#include "client/spool_scanner.h"

namespace bb::client {

enum class SpoolArea : std::uint8_t {
  kWaiting,  // for a broker
  kRefused,  // a broker was there and did not take them
};

// Owns everything; message() borrows from it.
struct SpoolEntry {
  std::uint64_t number = 0;   // rises in the order of appending; for ever this entry's
  Timestamp spooled_at = {};  // to the millisecond
  std::string exchange;
  std::string routing_key;
  std::string encoded_properties;  // flags and list; already checked
  std::string body;
  bool mandatory = true;
  std::string refusal;  // why it was set aside; empty in kWaiting

  OutgoingMessage message() const;
};

// What a record holds; nullopt if it is not an entry.
std::optional<SpoolEntry> spool_entry_of(const spool::Record& record);

// The payload of a record for a message.
Buffer encode_spool_entry(const OutgoingMessage& message, Timestamp spooled_at);
// The same for an entry that is set aside.
Buffer encode_refused_entry(const SpoolEntry& entry, std::string_view reason);

}  // namespace bb::client
