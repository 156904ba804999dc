// Received messages as text for a person, or as JSON for programs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bloodbank/envelope.h"
#include "cli/output.h"
#include "cli/terminal.h"

namespace bb::cli {

// A message as it came. Borrowed for the length of a call.
struct ReceivedMessage {
  std::string_view routing_key;
  std::optional<std::string_view> content_type;
  std::string_view body;
};

struct Rendered {
  std::string output;                 // for standard output, line breaks included
  std::optional<std::string> notice;  // for standard error: why the message is no event
};

// Renders messages, one after another.
//
// text: local time, event type, source and the end of the event's id and of its first parent's,
// then the payload: on a terminal on a line of its own, cut at the width; otherwise whole on the
// same line, so that an event is a line. ndjson: the envelope on one line, otherwise as it was
// published; a legacy envelope as the version 1.0.0 it stands for. json: the same as the elements
// of one array.
//
// A message that is no event is shown with its body marked (text), or as
// {"undecodable":{"routing_key":..,"content_type":..,"body":..}} (json, ndjson), with
// "body_base64" in place of "body" where the body is not UTF-8.
//
// What reaches a terminal has its control characters escaped.
class EventPrinter {
 public:
  EventPrinter(OutputFormat format, Terminal terminal);

  Rendered render(const ReceivedMessage& message);
  // What has to follow the last message: the end of the array.
  std::string finish();

 private:
  std::string render_text(const ReceivedMessage& message, const Envelope* envelope) const;
  std::string join_lines(std::string_view head, std::string_view body) const;
  std::string render_json(const ReceivedMessage& message, const Envelope* envelope);

  OutputFormat format_;
  Terminal terminal_;
  bool first_ = true;
};

// The last 8 digits of an id: enough to tell events apart by eye. The first ones are the time in
// ids of version 7, and the same in all events of a minute.
std::string short_id(const Uuid& id);

// "14:03:59.123", in the local time zone.
std::string format_local_time(Timestamp time);

}  // namespace bb::cli
