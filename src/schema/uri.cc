#include "schema/uri.h"

#include <fmt/core.h>

#include <cstddef>

#include "base/utf8.h"
#include "schema/format_uri.h"
#include "schema/uri_chars.h"
#include "schema/uri_dots.h"
#include "schema/uri_parts.h"

namespace bb::schema {
namespace {

constexpr std::size_t kQuotedBytesMax = 80;
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

std::unexpected<Error> not_a_uri(std::string_view text) {
  return fail(ErrorCode::kInvalidSchema,
              fmt::format("'{}' is not a URI reference; other characters are written as %20",
                          printable(text, kQuotedBytesMax)));
}

// RFC 3986 §5.3, with this path in place of that of the parts.
std::string compose(const UriParts& parts, std::string_view path) {
  std::string uri;
  if (parts.has_scheme) {
    uri += parts.scheme;
    uri += ':';
  }
  if (parts.has_authority) {
    uri += "//";
    uri += parts.authority;
  } else if (path.starts_with("//")) {
    uri += "/.";  // or the path would be read as an authority
  } else if (!parts.has_scheme && path.substr(0, path.find('/')).find(':') != path.npos) {
    uri += "./";  // or its beginning would be read as a scheme (RFC 3986 §4.2)
  }
  uri += path;
  if (parts.has_query) {
    uri += '?';
    uri += parts.query;
  }
  if (parts.has_fragment) {
    uri += '#';
    uri += parts.fragment;
  }
  return uri;
}

std::string without_dot_segments(const UriParts& parts, std::string_view path) {
  const bool floats = !parts.has_scheme && !parts.has_authority && !path.starts_with('/');
  return floats ? simplify_relative_path(path) : remove_dot_segments(path);
}

// RFC 3986 §5.2.3
std::string merge_paths(const UriParts& base, std::string_view reference_path) {
  if (base.has_authority && base.path.empty()) return "/" + std::string(reference_path);
  const std::size_t slash = base.path.rfind('/');
  const std::size_t kept = slash == std::string_view::npos ? 0 : slash + 1;
  return std::string(base.path.substr(0, kept)) + std::string(reference_path);
}

// Percent-encoding in capitals, and none of unreserved characters.
std::string normalize_percent(std::string_view text) {
  std::string normal;
  normal.reserve(text.size());
  while (!text.empty()) {
    const int value = take_percent(text);
    if (value < 0) {
      normal += text.front();
      text.remove_prefix(1);
    } else if ((char_sets(static_cast<char>(value)) & kUnreserved) != 0) {
      normal += static_cast<char>(value);
    } else {
      normal += '%';
      normal += kHexDigits[static_cast<std::size_t>(value) >> 4];
      normal += kHexDigits[static_cast<std::size_t>(value) & 0xF];
    }
  }
  return normal;
}

void lower_letters(std::string& text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '%') {
      i += 2;  // the digits are in capitals
    } else {
      text[i] = to_lower(text[i]);
    }
  }
}

}  // namespace

Result<std::string> resolve_uri(std::string_view base, std::string_view reference) {
  if (!is_iri_reference(base)) return not_a_uri(base);
  if (!is_iri_reference(reference)) return not_a_uri(reference);
  const UriParts from = split_uri(base);
  UriParts to = split_uri(reference);
  if (to.has_scheme) return compose(to, without_dot_segments(to, to.path));
  to.has_scheme = from.has_scheme;
  to.scheme = from.scheme;
  if (to.has_authority) return compose(to, without_dot_segments(to, to.path));
  to.has_authority = from.has_authority;
  to.authority = from.authority;
  if (to.path.empty()) {
    if (!to.has_query) {
      to.has_query = from.has_query;
      to.query = from.query;
    }
    return compose(to, from.path);
  }
  if (to.path.starts_with('/')) return compose(to, without_dot_segments(to, to.path));
  return compose(to, without_dot_segments(to, merge_paths(from, to.path)));
}

SplitUri split_fragment(std::string_view uri) {
  const std::size_t hash = uri.find('#');
  if (hash == std::string_view::npos) return {uri, {}, false};
  return {uri.substr(0, hash), uri.substr(hash + 1), true};
}

std::string normalize_uri(std::string_view uri) {
  if (!is_iri_reference(uri)) return std::string(uri);
  UriParts parts = split_uri(uri);
  std::string scheme(parts.scheme);
  lower_letters(scheme, 0);
  std::string authority = normalize_percent(parts.authority);
  const std::size_t at = authority.find('@');
  lower_letters(authority, at == std::string::npos ? 0 : at + 1);
  const std::string path = without_dot_segments(parts, normalize_percent(parts.path));
  const std::string query = normalize_percent(parts.query);
  const std::string fragment = normalize_percent(parts.fragment);
  parts.scheme = scheme;
  parts.authority = authority;
  parts.query = query;
  parts.fragment = fragment;
  parts.has_fragment = !fragment.empty();
  return compose(parts, path);
}

Result<std::string> decode_percent(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    if (rest.front() != '%') {
      decoded += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    const int value = take_percent(rest);
    if (value < 0) {
      return fail(ErrorCode::kInvalidSchema,
                  fmt::format("'{}' has a % without two hexadecimal digits; a % itself is %25",
                              printable(text, kQuotedBytesMax)));
    }
    decoded += static_cast<char>(value);
  }
  for (std::string_view rest = decoded; !rest.empty();) {
    if (take_code_point(rest) == kNoCodePoint) {
      return fail(ErrorCode::kInvalidSchema,
                  fmt::format("'{}' does not decode to UTF-8", printable(text, kQuotedBytesMax)));
    }
  }
  return decoded;
}

std::string encode_fragment(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if ((char_sets(c) & kQueryChars) != 0) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 0xF];
  }
  return encoded;
}

}  // namespace bb::schema
