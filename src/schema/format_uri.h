// The formats of URIs (RFC 3986) and IRIs (RFC 3987). None allocates.
//
// Only the generic syntax counts, not what a scheme adds to it: "http://999.1.1.1/"
// has a registered name for a host.
#pragma once

#include <string_view>

namespace bb::schema {

// RFC 3986 §3: has a scheme; a fragment is allowed.
bool is_uri(std::string_view text);

// RFC 3986 §4.1: a URI, or a relative reference, even an empty one.
bool is_uri_reference(std::string_view text);

// RFC 3987 §2.2: the same with characters beyond ASCII, less those of §4.1 that
// change the direction of text.
bool is_iri(std::string_view text);
bool is_iri_reference(std::string_view text);

}  // namespace bb::schema
