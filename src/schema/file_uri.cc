#include "schema/file_uri.h"

#include <fmt/format.h>

#include <iterator>
#include <system_error>

namespace bb::schema {

std::string file_uri(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) absolute = path;
  std::string uri = "file://";
  for (const char c : absolute.lexically_normal().string()) {
    // RFC 3986 §2.3, and what a path may hold besides.
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("-._~/!$&'()*+,;=:@").find(c) != std::string_view::npos;
    if (is_plain) {
      uri += c;
    } else {
      fmt::format_to(std::back_inserter(uri), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

}  // namespace bb::schema
