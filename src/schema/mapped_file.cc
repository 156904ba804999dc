#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/try.h"
#include "io/read_file.h"
#include "schema/document_index.h"
#include "schema/uri.h"

namespace bb::schema {
namespace {

constexpr std::size_t kSchemaBytesMax = 64U << 20;

bool is_below(const std::filesystem::path& folder, const std::filesystem::path& file) {
  const auto [folder_end, file_at] =
      std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return folder_end == folder.end() && file_at != file.end();
}

}  // namespace

Result<std::optional<std::string>> read_mapped(const std::filesystem::path& folder,
                                               std::string_view path) {
  auto decoded = decode_percent(path);
  if (!decoded || decoded->find('\0') != std::string::npos) return std::nullopt;
  while (decoded->starts_with('/')) decoded->erase(0, 1);
  std::error_code error;
  const std::filesystem::path root = std::filesystem::canonical(folder, error);
  if (error) return std::nullopt;
  for (const std::string& name : {*decoded, *decoded + ".json"}) {
    const std::filesystem::path file = std::filesystem::canonical(root / name, error);
    if (error || !is_below(root, file) || !std::filesystem::is_regular_file(file, error)) continue;
    BB_TRY_ASSIGN(auto text, io::read_regular_file(file.string(), kSchemaBytesMax));
    return std::optional(std::move(text));
  }
  return std::nullopt;
}

}  // namespace bb::schema
