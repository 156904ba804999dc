// The formats of host names.
#pragma once

#include <cstddef>
#include <string_view>

namespace bb::schema {

// RFC 1034 §3.1, without the length bytes and the root.
constexpr std::size_t kHostnameBytesMax = 253;
constexpr std::size_t kHostnameLabelBytesMax = 63;

// RFC 1123 §2.1: labels of letters, digits and inner hyphens, with dots between them
// and none at the end. Allocates nothing.
bool is_ldh_hostname(std::string_view text);

// The same, and labels that begin with "xn--" are A-labels (RFC 5890 §2.3.2.1), so
// that the name obeys IDNA. Allocates only where there is such a label.
bool is_hostname(std::string_view text);

// The same, or a name with U-labels (RFC 5890 §2.3.2.1), as it would be registered
// (RFC 5891 §4): nothing is mapped, so it is in small letters and in NFC. The full
// stops of RFC 3490 §3.1 count as dots. The lengths are those of the A-labels.
bool is_idn_hostname(std::string_view text);

}  // namespace bb::schema
