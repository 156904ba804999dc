// The header that tells a reader of a stream how far it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bb::broker {

// `out` becomes the properties (flags and list, well-formed) with the header `x-stream-offset`, in
// place of one that they may have. Its memory is used again.
void set_stream_offset(std::string& out, std::string_view properties, std::uint64_t offset);

}  // namespace bb::broker
