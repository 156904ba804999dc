// A dead letter of a service, by what its headers say (client/failure_headers.h) or, where a broker
// made it one, by its deaths (x-death).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "amqp/field_table.h"
#include "client/message.h"

namespace bb::cli {

struct DeadLetter {
  // The event's id; of what is no event the message's, and without one an id made from the body,
  // the same each time.
  std::string id;
  bool is_event = false;
  std::string event_type;  // of an event
  std::string queue;       // that it is in
  std::string origin;      // the queue it failed in and goes back to; "" where nothing says so
  // What it was published with.
  std::string exchange;
  std::string routing_key;
  std::string reason;  // "attempts", "rejected", "unreadable", or a broker's word
  std::string error;
  std::string consumer;
  std::string first_failed_at;  // RFC 3339
  std::string failed_at;
  std::size_t attempts = 0;
  std::size_t deferrals = 0;
  std::size_t redrives = 0;
  std::size_t delivery_count = 0;  // how often it came back to a quorum queue
  std::size_t body_bytes = 0;
};

// `queue` is the one that it was delivered from.
DeadLetter read_dead_letter(const client::Delivery& delivery, std::string_view queue);

// The headers with which it goes back to its queue: attempts are counted anew, and one redrive
// more.
amqp::FieldTable redrive_headers(const client::Delivery& delivery, const DeadLetter& letter);

// The headers with which it goes to the end of the queue it is in: as they are, but for the count
// of returns.
amqp::FieldTable renewed_headers(const client::Delivery& delivery);

// Its headers; none where there are none.
amqp::FieldTable headers_of(const client::Delivery& delivery);

// The end of an id that is a UUID, which tells letters apart by eye; else all of it.
std::string short_letter_id(std::string_view id);

// Whether `given` means the letter with this id: all of it, its beginning or its end, in any case
// of letters.
bool means_letter(std::string_view given, std::string_view id);

// One letter as a JSON object on one line, without its body.
std::string letter_json(const DeadLetter& letter);
// As letter_json(), with the headers, and the event, or the body of what is no event.
std::string whole_letter_json(const DeadLetter& letter, const client::Delivery& delivery);
// For a person: "name: value" lines, then the body.
std::string whole_letter_text(const DeadLetter& letter, const client::Delivery& delivery);

}  // namespace bb::cli
