// The format `uuid`.
#pragma once

#include <string_view>

namespace bb::schema {

// RFC 4122 §3: 32 hexadecimal digits of either case and dashes at their places. Any
// version and variant, the nil UUID too; no "urn:uuid:" and no braces. Allocates
// nothing.
bool is_uuid(std::string_view text);

}  // namespace bb::schema
