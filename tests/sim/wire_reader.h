// What a broker says, frame by frame, as events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "amqp/content.h"
#include "amqp/frame.h"
#include "amqp/methods.h"

namespace bb::sim {

struct WireEvent {
  enum class Kind : std::uint8_t {
    kOther,
    kDeliver,
    kGetOk,
    kGetEmpty,
    kConfirm,
    kRefusal,
    kDeclared,
    kPurged,
    kDeleted,
    kCancelled,  // by the broker
    kChannelClosed,
    kConnectionClosed,
  };
  Kind kind = Kind::kOther;
  std::uint64_t tag = 0;  // of a delivery or a confirm
  bool multiple = false;
  bool redelivered = false;
  std::uint32_t count = 0;  // of messages; the code of a close
  std::string consumer = {};
  std::string exchange = {};
  std::string key = {};
  std::string body = {};
  bool persistent = false;
  std::optional<std::int64_t> offset = {};  // in its stream
  std::string text = {};                    // of a close; the name of what is other
};

class WireReader {
 public:
  WireReader();
  // Takes bytes cut anywhere, and gives what is complete. nullopt: they are no AMQP.
  std::optional<std::vector<WireEvent>> feed(std::string_view bytes);

 private:
  static WireEvent event_of(const amqp::Method& method);

  amqp::FrameReader frames_;
  amqp::ContentAssembler content_;
  std::optional<WireEvent> awaits_content_;
};

}  // namespace bb::sim
