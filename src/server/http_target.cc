#include "server/http_target.h"

#include "base/try.h"

namespace bb::server {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Up to `separator`, which is taken off `rest` as well.
std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return fail(ErrorCode::kUsage, "a percent sign without two hexadecimal digits");
    }
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]});
    }
  }
  return encoded;
}

Result<HttpTarget> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return fail(ErrorCode::kUsage, "the target is not a path");
  std::string_view query = target;
  std::string_view path = cut(query, '?');
  HttpTarget parsed;
  path.remove_prefix(1);
  while (!path.empty()) {
    BB_TRY_ASSIGN(std::string segment, percent_decode(cut(path, '/')));
    parsed.segments.push_back(std::move(segment));
  }
  while (!query.empty()) {
    std::string_view value = cut(query, '&');
    const std::string_view name = cut(value, '=');
    BB_TRY_ASSIGN(std::string decoded_name, percent_decode(name));
    BB_TRY_ASSIGN(std::string decoded_value, percent_decode(value));
    parsed.query.emplace(std::move(decoded_name), std::move(decoded_value));
  }
  return parsed;
}

}  // namespace bb::server
