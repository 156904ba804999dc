// The formats of internet addresses. Both allocate nothing.
#pragma once

#include <string_view>

namespace bb::schema {

// RFC 2673 §3.2, four decimal numbers up to 255, and no leading zeros, as RFC 3986
// §3.2.2 has it: some programs take "010" for eight.
bool is_ipv4(std::string_view text);

// RFC 4291 §2.2, the last 32 bits in dotted decimal or not. No zone ("%eth0"), no
// prefix length and no brackets.
bool is_ipv6(std::string_view text);

}  // namespace bb::schema
