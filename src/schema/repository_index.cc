#include "schema/repository_index.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "bloodbank/envelope.h"
#include "schema/repository_names.h"
#include "schema/uri.h"

namespace bb::schema {
namespace {

// How well the place and name of a file fit the event type; 0 is best.
std::size_t name_rank(std::string_view path, std::string_view event_type) {
  const std::vector<std::string> stems = name_stems(event_type);
  const auto name = parse_versioned_name(file_name_of(path));
  if (!name || folder_of(path) != events_folder_of(event_type)) return stems.size();
  return static_cast<std::size_t>(std::find(stems.begin(), stems.end(), name->stem) -
                                  stems.begin());
}

EventSchemaInfo to_event(const std::string& path, const DocumentInfo& info, std::string uri) {
  const auto name = parse_versioned_name(file_name_of(path));
  std::string event_type =
      info.event_type.empty() ? std::string(event_type_of_name(path)) : info.event_type;
  return {.event_type = event_type,
          .version = name ? name->version : 1,
          .kind = info.kind,
          .title = info.title,
          .description = info.description,
          .routing_key = info.routing_key.empty() ? event_type : info.routing_key,
          .file = path,
          .id = std::move(uri)};
}

}  // namespace

std::string_view event_type_of_name(std::string_view path) {
  const std::string_view folder = file_name_of(folder_of(path));
  if (folder != "events" && folder != "commands") return {};
  const auto name = parse_versioned_name(file_name_of(path));
  return name && is_event_type(name->stem) ? name->stem : std::string_view();
}

const RepositoryIndex::Entry* RepositoryIndex::look_at(const std::string& path) {
  const auto stamp = source_.stamp(path);
  const auto known = files_.find(path);
  if (!stamp) {
    if (known != files_.end()) files_.erase(known);
    return nullptr;
  }
  if (known != files_.end() && known->second.stamp == *stamp) return &known->second;
  Entry entry{.stamp = *stamp, .info = std::nullopt};
  if (auto file = source_.read(path)) {
    entry.stamp = file->stamp;
    const auto document = JsonDocument::read(std::move(file->text));
    if (document != nullptr && document->view()[0].is(JsonType::kObject)) {
      entry.info = read_document_info(document->view());
    }
  }
  if (known != files_.end()) {
    known->second = std::move(entry);
    return &known->second;
  }
  // Those looked at one by one come on top of those of the walk.
  if (files_.size() >= 2 * kSchemaFilesMax) files_.clear();
  return &files_.emplace(path, std::move(entry)).first->second;
}

const DocumentInfo* RepositoryIndex::info(const std::string& path) {
  const Entry* const entry = look_at(path);
  return entry != nullptr && entry->info ? &*entry->info : nullptr;
}

void RepositoryIndex::update(TimePoint now, std::uint32_t refresh_ms) {
  if (updated_at_ && now - *updated_at_ < std::chrono::milliseconds(refresh_ms)) return;
  updated_at_ = now;
  const std::vector<std::string> paths = source_.list_all(kSchemaFilesMax);
  std::erase_if(files_, [&](const auto& file) {
    return !std::binary_search(paths.begin(), paths.end(), file.first);
  });
  for (const std::string& path : paths) look_at(path);
  collect_events();
}

void RepositoryIndex::collect_events() {
  events_.clear();
  path_by_id_.clear();
  for (const auto& [path, file] : files_) {
    if (!file.info) continue;
    std::string uri = source_.uri_of(path);
    if (!file.info->id.empty()) {
      if (const auto id = resolve_uri(uri, file.info->id)) {
        uri = normalize_uri(split_fragment(*id).absolute);
        path_by_id_.emplace(uri, path);
      }
    }
    EventSchemaInfo event = to_event(path, *file.info, std::move(uri));
    if (!event.event_type.empty()) events_.push_back(std::move(event));
  }
  const auto place = [](const EventSchemaInfo& event) {
    return std::tuple(std::string_view(event.event_type), event.version,
                      name_rank(event.file, event.event_type), std::string_view(event.file));
  };
  std::sort(events_.begin(), events_.end(),
            [&](const auto& a, const auto& b) { return place(a) < place(b); });
  const auto twice = std::unique(events_.begin(), events_.end(), [](const auto& a, const auto& b) {
    return a.event_type == b.event_type && a.version == b.version;
  });
  events_.erase(twice, events_.end());
}

std::optional<std::string> RepositoryIndex::find_by_id(std::string_view uri) const {
  const auto found = path_by_id_.find(uri);
  if (found == path_by_id_.end()) return std::nullopt;
  return found->second;
}

}  // namespace bb::schema
