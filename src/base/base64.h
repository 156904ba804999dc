// Base64 with padding and the standard alphabet (RFC 4648 §4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bb {

std::string encode_base64(std::string_view bytes);

// nullopt for anything but what encode_base64() gives: other characters, white space, missing
// padding, bits set behind the last byte.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace bb
