// Internationalized domain names, IDNA2008 (RFC 5890 to 5893), through libidn2.
//
// Threads: free of state; any thread.
#pragma once

#include <string_view>

namespace bb::schema {

// Whether a label begins with "xn--", in either case.
bool has_a_label_prefix(std::string_view label);

// Whether every label, with '.' between them, is of letters, digits and hyphens, or
// an A-label, or a U-label: well-formed Punycode, code points that may be registered
// (RFC 5891 §4.2), in the contexts they need (RFC 5892 appendix A), the directions of
// text not mixed (RFC 5893 §2), and 63 bytes to a label and 253 to the name in its
// ASCII form at most. Allocates.
bool obeys_idna(std::string_view domain);

}  // namespace bb::schema
