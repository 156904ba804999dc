// Received messages as files, one each.
#pragma once

#include <cstdint>
#include <string>

#include "bloodbank/result.h"
#include "cli/event_printer.h"

namespace bb::cli {

// An event is "<time>_<event type>_<event id>.json", its time in UTC to the millisecond, so that
// names sort as events do; the same event that comes again is the same file. What is no event is
// "undecodable_<pid>_<number>". A file holds the message's body, byte for byte, and is there whole
// or not at all; `bb publish --envelope-file FILE` reads it back.
class EventDump {
 public:
  // Makes the folder, if its parent is there. kIo: it cannot be made or written to.
  static Result<EventDump> open(std::string folder);

  // The file's path. In the page cache when it returns: it survives a crash of the process, and
  // not one of the machine. kIo, kDiskFull.
  Result<std::string> write(const ReceivedMessage& message);

 private:
  explicit EventDump(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;
  std::uint64_t undecodable_ = 0;
};

}  // namespace bb::cli
