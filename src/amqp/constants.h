// Numbers of AMQP 0-9-1 that more than one part of the codec needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bb::amqp {

// AMQP 0-9-1 §4.2.2: what a client sends first, and a server answers to a wrong one.
inline constexpr std::string_view kProtocolHeader{"AMQP\x00\x00\x09\x01", 8};

// AMQP 0-9-1 §4.2.3.
enum class FrameType : std::uint8_t { kMethod = 1, kHeader = 2, kBody = 3, kHeartbeat = 8 };

inline constexpr std::uint8_t kFrameEnd = 0xCE;
inline constexpr std::size_t kFrameHeaderBytes = 7;    // type, channel, size
inline constexpr std::size_t kFrameOverheadBytes = 8;  // the header and the end octet
inline constexpr std::uint32_t kFrameMinBytes = 4096;  // the least frame_max a peer may ask for

// What RabbitMQ offers by default, and so do we.
inline constexpr std::uint32_t kDefaultFrameMaxBytes = 131072;
inline constexpr std::uint16_t kDefaultChannelMax = 2047;
inline constexpr std::uint16_t kDefaultHeartbeatSeconds = 60;

inline constexpr std::size_t kShortStringMaxBytes = 255;
inline constexpr std::size_t kTableDepthMax = 64;       // nesting of tables and arrays
inline constexpr std::size_t kTableEntriesMax = 65536;  // in one table, nested ones included

inline constexpr std::uint16_t kBasicClassId = 60;

inline constexpr std::uint8_t kTransient = 1;   // delivery_mode
inline constexpr std::uint8_t kPersistent = 2;  // delivery_mode

}  // namespace bb::amqp
