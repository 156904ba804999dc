#include <fmt/format.h>

#include <algorithm>

#include "schema/repository_names.h"
#include "schema/repository_source.h"
#include "schema/uri.h"

namespace bb::schema {
namespace {

class CatalogueSource final : public SchemaSource {
 public:
  explicit CatalogueSource(std::span<const EmbeddedFile> files)
      : files_(files.begin(), files.end()) {
    std::sort(files_.begin(), files_.end(),
              [](const EmbeddedFile& a, const EmbeddedFile& b) { return a.path < b.path; });
  }

  bool is_checked() const override { return true; }

  std::optional<FileStamp> stamp(const std::string& path) const override {
    if (find(path) == nullptr) return std::nullopt;
    return FileStamp{};
  }

  Result<SchemaFile> read(const std::string& path) const override {
    const EmbeddedFile* const file = find(path);
    if (file == nullptr) {
      return fail(ErrorCode::kNotFound, fmt::format("{} is not there", display_path(path)));
    }
    return SchemaFile{.text = std::string(file->text), .stamp = {}};
  }

  std::vector<std::string> list_folder(const std::string& folder) const override {
    std::vector<std::string> names;
    for (const EmbeddedFile& file : files_) {
      if (folder_of(file.path) == folder) names.emplace_back(file_name_of(file.path));
    }
    return names;
  }

  std::vector<std::string> list_all(std::size_t files_max) const override {
    std::vector<std::string> paths;
    for (const EmbeddedFile& file : files_) {
      if (paths.size() < files_max) paths.emplace_back(file.path);
    }
    return paths;
  }

  std::string uri_of(std::string_view path) const override {
    return fmt::format("{}{}", kSchemaUriPrefix, path);
  }

  std::optional<std::string> path_of(std::string_view uri) const override {
    if (!uri.starts_with(kSchemaUriPrefix)) return std::nullopt;
    auto path = decode_percent(uri.substr(kSchemaUriPrefix.size()));
    if (!path || !is_contained_path(*path)) return std::nullopt;
    return *std::move(path);
  }

  std::string display_path(std::string_view path) const override {
    return fmt::format("built-in {}", path);
  }

  std::string with_display_paths(std::string message) const override { return message; }

 private:
  const EmbeddedFile* find(std::string_view path) const {
    const auto at = std::lower_bound(
        files_.begin(), files_.end(), path,
        [](const EmbeddedFile& file, std::string_view name) { return file.path < name; });
    return at != files_.end() && at->path == path ? &*at : nullptr;
  }

  std::vector<EmbeddedFile> files_;  // by path
};

}  // namespace

std::unique_ptr<SchemaSource> make_catalogue_source(std::span<const EmbeddedFile> files) {
  return std::make_unique<CatalogueSource>(files);
}

}  // namespace bb::schema
