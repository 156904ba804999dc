// What the schema compiler needs to follow `$id` and `$ref` (JSON Schema 2020-12
// core §8.2): RFC 3986 §5 and §6, without a library, because bases here are also
// URNs and plain relative paths, and characters beyond ASCII (RFC 3987) are let be.
//
// Threads: everything here is free of state and may be called from any thread.
#pragma once

#include <string>
#include <string_view>

#include "bloodbank/result.h"

namespace bb::schema {

// The reference as seen from the base: RFC 3986 §5.2.2, strict. The fragment of the
// base does not count. Nothing else is normalized: see normalize_uri().
//
// The base may be "" or a relative path too, which the RFC leaves open. The result is
// relative then, and ".." that climb above its start stay, since they mean something
// once it is resolved itself: "a/b.json" and "../../c.json" make "../c.json".
//
// Errors: kInvalidSchema if the base or the reference is not an IRI reference.
Result<std::string> resolve_uri(std::string_view base, std::string_view reference);

struct SplitUri {
  std::string_view absolute;  // what is before the '#'
  std::string_view fragment;  // what is after it, percent-encoded as it was
  bool has_fragment;          // "a#" has an empty one
};

// Parts of `uri`, which must outlive them. Any text will do.
SplitUri split_fragment(std::string_view uri);

// The form under which equivalent URIs are the same text (RFC 3986 §6.2.2): scheme and
// host in small letters, percent-encoding in capitals and none of unreserved
// characters, no dot segments, no empty fragment. Nothing that a scheme adds: no
// default ports. Idempotent. What is not an IRI reference comes back as it was.
std::string normalize_uri(std::string_view uri);

// The text with each "%20" decoded, such as the JSON pointer in a fragment (RFC 6901
// §6). Everything else stays, '+' too.
// Errors: kInvalidSchema if a '%' has no two hexadecimal digits after it, or if the bytes
// decoded do not make UTF-8.
Result<std::string> decode_percent(std::string_view text);

// The text as a fragment (RFC 3986 §3.5), such as one that a JSON pointer makes (RFC 6901 §6):
// every byte that may not be in one is encoded, '%' too.
std::string encode_fragment(std::string_view text);

}  // namespace bb::schema
