// What a client asks for, as the model has to know it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bb::sim {

using MessageId = std::uint64_t;  // from 1, in the order in which clients wrote them

enum class Verb : std::uint8_t {
  kNothing,  // of the handshake
  kSelectConfirms,
  kQos,
  kPublishMethod,  // the first frame of a publish: what it names has to be there
  kPublish,        // its last
  kConsume,
  kCancel,
  kAck,
  kNack,
  kGet,
  kRecover,
  kDeclareQueue,
  kDeleteQueue,
  kPurge,
  kDeclareExchange,
  kDeleteExchange,
  kBind,
  kUnbind,
};

struct Command {
  Verb verb = Verb::kNothing;
  std::string queue = {};
  std::string exchange = {};
  std::string key = {};
  std::string tag = {};  // of a consumer
  MessageId message = 0;
  std::uint64_t delivery_tag = 0;
  std::uint16_t prefetch = 0;
  bool multiple = false;
  bool requeue = false;
  bool no_ack = false;
  std::optional<std::uint64_t> offset =
      {};  // where the reader of a stream begins; not: with the next
};

// A message as it was written. The body says its number, and is as long as that asks for.
struct Post {
  std::string exchange;
  std::string key;
  std::string body;
  bool persistent = false;
};

// What there is, and what it is like, goes by names.
inline bool is_durable_name(const std::string& name) {
  return !name.starts_with("t.");
}
inline bool is_stream_name(const std::string& name) {
  return name.starts_with("s.");
}
// Of every stream: so little that they drop much.
constexpr std::uint64_t kStreamBytesMax = 20'000;
constexpr std::uint64_t kStreamSegmentBytes = 5'000;
inline bool is_predeclared(const std::string& exchange) {
  return exchange.starts_with("amq.");
}
std::string exchange_type(const std::string& exchange);
// "#" and "*" as AMQP 0-9-1 §3.1.3.3 has them.
bool topic_matches(const std::string& pattern, const std::string& key);

}  // namespace bb::sim
