// The components of a URI reference.
#pragma once

#include <string_view>

namespace bb::schema {

// Without the delimiters: "//host/a?b#c" has the authority "host", the path "/a",
// the query "b" and the fragment "c". An empty component is not the same as none:
// "a?" has a query.
struct UriParts {
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
  bool has_scheme = false;
  bool has_authority = false;
  bool has_query = false;
  bool has_fragment = false;
};

// Takes any text apart as RFC 3986 appendix B does; whether the components are
// well-formed is not asked. The parts are views of `reference`.
UriParts split_uri(std::string_view reference);

}  // namespace bb::schema
