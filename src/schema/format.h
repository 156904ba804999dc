// The values of the JSON Schema keyword `format` (JSON Schema 2020-12 validation
// §7.3), and whether a string is one.
//
// Threads: everything here is free of state and may be called from any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace bb::schema {

enum class Format : std::uint8_t {
  kNone,                 // asserts nothing
  kDateTime,             // RFC 3339 §5.6
  kDate,                 // RFC 3339 §5.6 full-date
  kTime,                 // RFC 3339 §5.6 full-time
  kDuration,             // RFC 3339 appendix A
  kUuid,                 // RFC 4122 §3
  kEmail,                // RFC 5321 §4.1.2 Mailbox
  kIdnEmail,             // RFC 6531 §3.3
  kHostname,             // RFC 1123 §2.1, A-labels as in RFC 5890 §2.3.2.1
  kIdnHostname,          // the same, or U-labels of RFC 5890
  kIpv4,                 // RFC 2673 §3.2
  kIpv6,                 // RFC 4291 §2.2, without a zone
  kUri,                  // RFC 3986 §3, with a scheme
  kUriReference,         // RFC 3986 §4.1
  kIri,                  // RFC 3987 §2.2, with a scheme
  kIriReference,         // RFC 3987 §2.2
  kUriTemplate,          // RFC 6570 §2
  kJsonPointer,          // RFC 6901 §3
  kRelativeJsonPointer,  // draft-bhutton-relative-json-pointer-00 §3
  kRegex,                // ECMA-262, with the flag u
};

// The format with that name, as JSON Schema spells it ("date-time"); kNone for a
// name that is not known, since such a format asserts nothing.
Format format_from_name(std::string_view name);

// The name as JSON Schema spells it; empty for kNone.
std::string_view format_name(Format format);

// Whether the string is of that format; every string is of kNone. Bytes that are
// not UTF-8 are never a match where the format allows more than ASCII, except in
// JSON pointers, whose text is not looked at.
//
// Allocates only for idn-email, idn-hostname, a hostname with a label that begins
// with "xn--", and regex.
bool matches_format(Format format, std::string_view utf8);

// What to write, for a message to a person: "an RFC 3339 date-time such as
// 2026-01-27T10:00:00Z". Empty for kNone.
std::string_view format_hint(Format format);

}  // namespace bb::schema
