#include "schema/format_uri.h"

#include <algorithm>
#include <cstddef>

#include "base/hex.h"
#include "schema/format_ip.h"
#include "schema/uri_chars.h"
#include "schema/uri_parts.h"

namespace bb::schema {
namespace {

bool is_scheme(std::string_view text) {
  return !text.empty() && is_alpha(text.front()) &&
         std::ranges::all_of(text, [](char c) { return (char_sets(c) & kSchemeRest) != 0; });
}

// "v1.x", RFC 3986 §3.2.2 IPvFuture.
bool is_ip_future(std::string_view text) {
  if (!text.starts_with('v') && !text.starts_with('V')) return false;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 1 || dot + 1 == text.size()) return false;
  return std::ranges::all_of(text.substr(1, dot - 1),
                             [](char c) { return hex_digit_value(c) >= 0; }) &&
         std::ranges::all_of(text.substr(dot + 1),
                             [](char c) { return (char_sets(c) & kUserInfoChars) != 0; });
}

bool is_port(std::string_view after_host) {
  return after_host.empty() ||
         (after_host.front() == ':' && std::ranges::all_of(after_host.substr(1), is_digit));
}

bool is_authority(std::string_view text, Beyond beyond) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    if (!consists_of(text.substr(0, at), kUserInfoChars, beyond)) return false;
    text.remove_prefix(at + 1);
  }
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_port(text.substr(close + 1))) return false;
    const std::string_view literal = text.substr(1, close - 1);
    return is_ipv6(literal) || is_ip_future(literal);
  }
  // An IPv4 address is a name too, as far as the syntax goes.
  const std::size_t colon = std::min(text.find(':'), text.size());
  return consists_of(text.substr(0, colon), kRegNameChars, beyond) && is_port(text.substr(colon));
}

bool is_reference(std::string_view text, Beyond beyond, bool wants_scheme) {
  const UriParts parts = split_uri(text);
  if (parts.has_scheme ? !is_scheme(parts.scheme) : wants_scheme) return false;
  if (parts.has_authority && !is_authority(parts.authority, beyond)) return false;
  // Only a text that begins with a colon gets this far with one in front of the
  // first slash (path-noscheme).
  if (!parts.has_scheme && parts.path.starts_with(':')) return false;
  const Beyond in_query = beyond == Beyond::kNothing ? beyond : Beyond::kUcsPrivate;
  return consists_of(parts.path, kPathChars, beyond) &&
         consists_of(parts.query, kQueryChars, in_query) &&
         consists_of(parts.fragment, kQueryChars, beyond);
}

}  // namespace

bool is_uri(std::string_view text) {
  return is_reference(text, Beyond::kNothing, /*wants_scheme=*/true);
}

bool is_uri_reference(std::string_view text) {
  return is_reference(text, Beyond::kNothing, /*wants_scheme=*/false);
}

bool is_iri(std::string_view text) {
  return is_reference(text, Beyond::kUcs, /*wants_scheme=*/true);
}

bool is_iri_reference(std::string_view text) {
  return is_reference(text, Beyond::kUcs, /*wants_scheme=*/false);
}

}  // namespace bb::schema
