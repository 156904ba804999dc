// Unicode properties of ECMA-262 (§22.2.1.1, tables 66 to 68) by their names in PCRE2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bb::schema {

// For what stands between the braces of \p{...}, such as "Letter", "gc=Lu", "digit",
// "Script=Greek" or "Alphabetic": what PCRE2 wants there. Nothing if ECMA-262 has no
// such property.
std::optional<std::string> pcre2_property_name(std::string_view ecma_name);

}  // namespace bb::schema
