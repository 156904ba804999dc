#include "schema/uri_parts.h"

#include <cstddef>

namespace bb::schema {

UriParts split_uri(std::string_view reference) {
  UriParts parts;
  if (const std::size_t hash = reference.find('#'); hash != std::string_view::npos) {
    parts.has_fragment = true;
    parts.fragment = reference.substr(hash + 1);
    reference = reference.substr(0, hash);
  }
  if (const std::size_t mark = reference.find('?'); mark != std::string_view::npos) {
    parts.has_query = true;
    parts.query = reference.substr(mark + 1);
    reference = reference.substr(0, mark);
  }
  const std::size_t end = reference.find_first_of(":/");
  if (end != std::string_view::npos && end > 0 && reference[end] == ':') {
    parts.has_scheme = true;
    parts.scheme = reference.substr(0, end);
    reference.remove_prefix(end + 1);
  }
  if (reference.starts_with("//")) {
    parts.has_authority = true;
    parts.authority = reference.substr(2, reference.find('/', 2) - 2);
    reference.remove_prefix(2 + parts.authority.size());
  }
  parts.path = reference;
  return parts;
}

}  // namespace bb::schema
