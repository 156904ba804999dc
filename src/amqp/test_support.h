// What the tests of the codec share: bytes written as hex, and encoding to a string.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "amqp/constants.h"
#include "amqp/methods.h"
#include "base/assert.h"
#include "base/bytes.h"

namespace bb::amqp::test {

// "0a ff" or "0aff": spaces are for the reader.
inline std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return std::string_view("0123456789abcdef").find(c); };
  std::string bytes;
  for (std::size_t i = 0; i < hex.size();) {
    if (hex[i] == ' ') {
      ++i;
      continue;
    }
    BB_ASSERT(i + 1 < hex.size() && digit(hex[i]) < 16 && digit(hex[i + 1]) < 16);
    bytes.push_back(static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1])));
    i += 2;
  }
  return bytes;
}

inline std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    const auto value = static_cast<unsigned char>(c);
    hex.push_back("0123456789abcdef"[value >> 4]);
    hex.push_back("0123456789abcdef"[value & 15]);
  }
  return hex;
}

// The payload of `frame`, one whole frame.
inline ByteView payload_of(std::string_view frame) {
  BB_ASSERT(frame.size() >= kFrameOverheadBytes);
  return as_bytes(frame.substr(kFrameHeaderBytes, frame.size() - kFrameOverheadBytes));
}

template <class M>
std::string encoded(const M& method, std::uint16_t channel = 1) {
  Buffer out;
  encode_method(out, channel, method);
  return std::string(as_text(out.view()));
}

}  // namespace bb::amqp::test
