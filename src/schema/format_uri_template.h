// The format `uri-template`.
#pragma once

#include <string_view>

namespace bb::schema {

// RFC 6570 §2, with the apostrophe that an erratum adds to the literals. An
// expression with one of the operators kept for extensions (=,!@|) is well-formed.
// Allocates nothing.
bool is_uri_template(std::string_view text);

}  // namespace bb::schema
