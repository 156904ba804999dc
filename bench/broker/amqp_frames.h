// AMQP 0-9-1 frames (§2.3, §4.2.3) as broker_bench writes them: its own few, so that the
// library under test does not measure itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace bb::bench::amqp {

constexpr char kMethodFrame = 1;
constexpr char kHeaderFrame = 2;
constexpr char kBodyFrame = 3;
constexpr char kFrameEnd = '\xCE';
constexpr std::size_t kFrameHeaderBytes = 7;

// class-id << 16 | method-id
enum MethodId : std::uint32_t {
  kConnectionStart = 10 << 16 | 10,
  kConnectionStartOk = 10 << 16 | 11,
  kConnectionTune = 10 << 16 | 30,
  kConnectionTuneOk = 10 << 16 | 31,
  kConnectionOpen = 10 << 16 | 40,
  kConnectionOpenOk = 10 << 16 | 41,
  kConnectionClose = 10 << 16 | 50,
  kConnectionBlocked = 10 << 16 | 60,
  kConnectionUnblocked = 10 << 16 | 61,
  kChannelOpen = 20 << 16 | 10,
  kChannelOpenOk = 20 << 16 | 11,
  kChannelClose = 20 << 16 | 40,
  kExchangeDeclare = 40 << 16 | 10,
  kExchangeDeclareOk = 40 << 16 | 11,
  kExchangeDelete = 40 << 16 | 20,
  kExchangeDeleteOk = 40 << 16 | 21,
  kQueueDeclare = 50 << 16 | 10,
  kQueueDeclareOk = 50 << 16 | 11,
  kQueueBind = 50 << 16 | 20,
  kQueueBindOk = 50 << 16 | 21,
  kQueueDelete = 50 << 16 | 40,
  kQueueDeleteOk = 50 << 16 | 41,
  kBasicQos = 60 << 16 | 10,
  kBasicQosOk = 60 << 16 | 11,
  kBasicConsume = 60 << 16 | 20,
  kBasicConsumeOk = 60 << 16 | 21,
  kBasicCancel = 60 << 16 | 30,
  kBasicPublish = 60 << 16 | 40,
  kBasicReturn = 60 << 16 | 50,
  kBasicDeliver = 60 << 16 | 60,
  kBasicAck = 60 << 16 | 80,
  kBasicNack = 60 << 16 | 120,
  kConfirmSelect = 85 << 16 | 10,
  kConfirmSelectOk = 85 << 16 | 11,
};

using Argument = std::pair<std::string, std::variant<std::string, std::int32_t, bool>>;
using Table = std::vector<Argument>;

// The arguments of a method, or what else a frame holds.
class Fields {
 public:
  Fields& u8(std::uint64_t value) { return integer(value, 1); }
  Fields& u16(std::uint64_t value) { return integer(value, 2); }
  Fields& u32(std::uint64_t value) { return integer(value, 4); }
  Fields& u64(std::uint64_t value) { return integer(value, 8); }
  Fields& short_text(std::string_view text);
  Fields& long_text(std::string_view text);
  Fields& table(const Table& arguments);
  const std::string& bytes() const { return bytes_; }

 private:
  Fields& integer(std::uint64_t value, int size);

  std::string bytes_;
};

std::string frame(char type, std::uint16_t channel, std::string_view payload);
std::string method(std::uint16_t channel, MethodId id, const Fields& arguments);

std::uint32_t read_u32(const char* bytes);
std::uint64_t read_u64(const char* bytes);
void write_u64(char* bytes, std::uint64_t value);

}  // namespace bb::bench::amqp
