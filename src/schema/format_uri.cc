#include "schema/format_uri.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

// Whether the characters are all in kQueryChars, sixteen at a time where the machine can.
bool is_plain(std::string_view text) {
  std::size_t at = 0;
#if defined(__SSE2__)
  const auto refuses = [&text](std::size_t from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + from));
    const auto equal = [&bytes](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
    // Exclusive of both ends. Bytes beyond ASCII are negative.
    const auto between = [&bytes](char low, char high) {
      return _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8(low)),
                           _mm_cmplt_epi8(bytes, _mm_set1_epi8(high)));
    };
    __m128i bad = _mm_cmplt_epi8(bytes, _mm_set1_epi8('!'));
    bad = _mm_or_si128(bad, between('!', '$'));
    bad = _mm_or_si128(bad, equal('%'));
    bad = _mm_or_si128(bad, _mm_or_si128(equal('<'), equal('>')));
    bad = _mm_or_si128(bad, _mm_or_si128(between('Z', '_'), equal('`')));
    bad = _mm_or_si128(bad, _mm_or_si128(between('z', '~'), equal('\x7F')));
    return _mm_movemask_epi8(bad) != 0;
  };
  for (; at + 16 <= text.size(); at += 16) {
    if (refuses(at)) return false;
  }
  if (at > 0) return at == text.size() || !refuses(text.size() - 16);
#endif
  return std::ranges::all_of(text.substr(at),
                             [](char c) { return (char_sets(c) & kQueryChars) != 0; });
}

// Whether `text` is, at first sight, scheme://name:port/path?query of plain characters, as nearly
// all URIs are. What is not may be a URI all the same.
bool is_common_uri(std::string_view text) {
  std::size_t at = 0;
  const auto take = [&](auto accepts) {
    const std::size_t begin = at;
    while (at < text.size() && accepts(text[at])) ++at;
    return at > begin;
  };
  if (!take(is_alpha) || !text.substr(at).starts_with("://")) return false;
  at += 3;
  take([](char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '-'; });
  if (at < text.size() && text[at] == ':') {
    ++at;
    take(is_digit);
  }
  // A question mark right after the name begins the query.
  return at == text.size() || ((text[at] == '/' || text[at] == '?') && is_plain(text.substr(at)));
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
  return is_common_uri(text) || is_reference(text, Beyond::kNothing, /*wants_scheme=*/true);
}

bool is_uri_reference(std::string_view text) {
  return is_common_uri(text) || is_reference(text, Beyond::kNothing, /*wants_scheme=*/false);
}

bool is_iri(std::string_view text) {
  return is_common_uri(text) || is_reference(text, Beyond::kUcs, /*wants_scheme=*/true);
}

bool is_iri_reference(std::string_view text) {
  return is_reference(text, Beyond::kUcs, /*wants_scheme=*/false);
}

}  // namespace bb::schema
