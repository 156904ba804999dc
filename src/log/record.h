// A record as its reader sees it.
#pragma once

#include <cstdint>
#include <functional>

#include "bloodbank/result.h"
#include "log/log_format.h"

namespace bb::log {

struct Record {
  Position position = 0;
  std::uint8_t type = 0;
  ByteView payload;  // borrowed; how long it is valid, the call that returned it says

  // Where the next record begins, unless this one is the last of its segment.
  Position end() const { return position + record_bytes(payload.size()); }
};

// Called for each record in the order of positions; an error ends the walk and is its result.
// The payload is valid during the call.
using RecordVisitor = std::function<Result<void>(const Record&)>;

// The record at the front of `bytes`, if they hold the whole of it and it checks.
inline std::optional<Record> decode_record(ByteView bytes, std::uint32_t salt, Position position) {
  if (bytes.size() < kRecordHeadBytes) return std::nullopt;
  const RecordHead head = decode_head(bytes.data());
  if (head.type == 0 || head.length > bytes.size() - kRecordHeadBytes) return std::nullopt;
  const ByteView payload = bytes.subspan(kRecordHeadBytes, head.length);
  if (record_checksum(salt, position, head.type, payload) != head.checksum) return std::nullopt;
  return Record{position, head.type, payload};
}

}  // namespace bb::log
