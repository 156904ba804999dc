#include "schema/repository_discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "schema/builtin_catalogue.h"
#include "schema/repository_document.h"
#include "schema/repository_index.h"
#include "schema/repository_names.h"

namespace bb::schema {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesTriedMax = 2'000;

// `<component>/events/<file>` at most: what is deeper belongs to a repository further down, such as
// the checkouts in the folder of their common repository.
bool is_in_place(std::string_view path) {
  return std::count(path.begin(), path.end(), '/') <= 2;
}

// `path` seen from the working folder, without "." and ".." that mean nothing.
fs::path absolute_path(const fs::path& working_folder, const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(working_folder / path, error);
  return (error ? working_folder / path : absolute).lexically_normal();
}

std::string root_text(const fs::path& absolute) {
  std::string text = absolute.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

FoundRepository folder_repository(const fs::path& working_folder, const fs::path& path) {
  const fs::path absolute = absolute_path(working_folder, path);
  std::string name = path.lexically_normal().string();
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  auto source = make_folder_source(root_text(absolute), name);
  return {.root = absolute, .description = std::move(name), .source = std::move(source)};
}

}  // namespace

bool holds_event_schema(const SchemaSource& source) {
  std::vector<std::string> paths = source.list_all(kFilesTriedMax);
  std::erase_if(paths, [](const std::string& path) { return !is_in_place(path); });
  // Names cost nothing; what files say of themselves comes after.
  for (const std::string& path : paths) {
    if (!event_type_of_name(path).empty()) return true;
  }
  for (const std::string& path : paths) {
    auto file = source.read(path);
    if (!file) continue;
    const auto document = JsonDocument::read(std::move(file->text));
    if (document == nullptr || !document->view()[0].is(JsonType::kObject)) continue;
    const std::string_view folder = file_name_of(folder_of(path));
    if (folder == "events" && find_member(document->view(), 0, "$schema")) return true;
    if (!read_document_info(document->view()).event_type.empty()) return true;
  }
  return false;
}

Result<FoundRepository> discover_repository(const RepositoryOptions& options) {
  std::error_code ignored;
  if (options.root) {
    if (!fs::is_directory(absolute_path(options.working_folder, *options.root), ignored)) {
      return fail(ErrorCode::kNotFound, fmt::format("{} is not a folder", options.root->string()));
    }
    return folder_repository(options.working_folder, *options.root);
  }
  std::vector<fs::path> candidates{"schemas", "../holyfields", "../holyfields/trunk-main"};
  if (options.home) candidates.push_back(*options.home / "code/33GOD/holyfields/trunk-main");
  for (const fs::path& candidate : candidates) {
    if (!fs::is_directory(absolute_path(options.working_folder, candidate), ignored)) continue;
    FoundRepository found = folder_repository(options.working_folder, candidate);
    if (holds_event_schema(*found.source)) return found;
  }
  return FoundRepository{.root = std::nullopt,
                         .description = "the built-in catalogue",
                         .source = make_catalogue_source(builtin_catalogue())};
}

}  // namespace bb::schema
