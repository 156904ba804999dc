// Files as URIs (RFC 8089).
#pragma once

#include <filesystem>
#include <string>

namespace bb::schema {

// "file:///srv/schemas/a%20schema.json": the path made absolute, without `.` and `..`,
// percent-encoded.
std::string file_uri(const std::filesystem::path& path);

}  // namespace bb::schema
